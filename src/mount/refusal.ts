/** A request that the disk process will not or cannot do: the sentence goes to whoever asked, and the disk goes on. */
export class Refusal extends Error {}
