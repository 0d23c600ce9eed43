/**
 * The little of the browser that the page's scripts use, so that this project need not take the names of the whole DOM
 * into the scope of programs that never see one. Types only.
 */
export interface BrowserElement {
  textContent: string;
  readonly clientWidth: number;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}

export interface BrowserWindow {
  readonly document: {
    readonly documentElement: BrowserElement;
    getElementById(id: string): BrowserElement | null;
  };
  readonly Path2D: new () => BrowserPath;
  getComputedStyle(element: BrowserElement): { getPropertyValue(name: string): string };
  matchMedia(query: string): { addEventListener(event: 'change', listener: () => void): void };
  addEventListener(event: 'beforeprint' | 'afterprint' | 'resize', listener: () => void): void;
}

export interface BrowserPath {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  closePath(): void;
}

export interface BrowserCanvas {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  save(): void;
  restore(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  stroke(path: BrowserPath): void;
  fill(path: BrowserPath): void;
}
