#!/usr/bin/env python3
"""A driver for powercut: a set in a file, one element a line, each append followed by fsync."""
import json, os, sys

FILE = "elements.txt"  # drivers are started in the disk's directory


def recover():
    """Keeps the whole lines at the head; what a power cut left of an unfinished append goes."""
    with open(FILE, "rb+") as file:
        keep = 0
        for line in file:
            if not line.endswith(b"\n") or not line[:-1].isdigit():
                break
            keep += len(line)
        file.truncate(keep)
        os.fsync(file.fileno())


def handle(request):
    f = request["f"]
    if f == "hello":
        if os.path.exists(FILE):
            recover()
        return {"type": "ok", "name": "append-and-fsync", "version": "1"}
    if f == "setup":
        os.close(os.open(FILE, os.O_CREAT | os.O_WRONLY))
        directory = os.open(".", os.O_RDONLY)
        os.fsync(directory)  # makes the file's name durable
    elif f == "add":
        with open(FILE, "ab") as file:
            file.write(b"%d\n" % request["value"])
            file.flush()
            os.fsync(file.fileno())  # makes the element durable; only then is it acknowledged
    elif f == "read":
        with open(FILE, "rb") as file:
            return {"type": "ok", "value": [int(line) for line in file]}
    elif f != "close":
        return {"type": "fail", "error": f"unknown f: {f}"}
    return {"type": "ok"}


for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = handle(request)
    except OSError as error:  # a failed write or fsync: nobody knows what is on the disk
        reply = {"type": "info", "error": str(error)}
    print(json.dumps({"id": request["id"], **reply}), flush=True)
    if request["f"] == "close":
        break
