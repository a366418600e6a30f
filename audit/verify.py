#!/usr/bin/env python3
"""Checks the trail of a run (see README.md): python3 verify.py DIRECTORY; exit 0 where it holds, 8 where not."""
import hashlib, json, re, struct, sys
from pathlib import Path

SUFFIX = re.compile(rb',"h":"([0-9a-f]{64})"\}\n')
KEYS = ["v", "seq", "d", "ep", "ts", "mono", "type", "actor", "data", "prev", "h"]


def own_hash(line):
    """The hash of a line, if it is the one that stands at its end."""
    found = SUFFIX.fullmatch(line[-73:])
    digest = hashlib.sha256(b"surefoot/v1\n" + line[:-73]).hexdigest()
    return digest if found and found[1].decode() == digest else None


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def head_of(path):
    """(seq, hash) of the newest valid slot of journal.head."""
    data = path.read_bytes() if path.exists() else b""
    slots = [data[at : at + 512] for at in (0, 512) if len(data) >= at + 512]
    valid = [s for s in slots if s[:8] == b"sfthead1" and struct.unpack("<I", s[508:])[0] == crc32c(s[:508])]
    newest = max(valid, key=lambda s: struct.unpack_from("<Q", s, 8), default=None)
    return newest and (struct.unpack_from("<Q", newest, 16)[0], newest[32:64].hex())


def first_seq(data):
    line = data.split(b"\n", 1)[0] + b"\n"
    return json.loads(line)["seq"] if own_hash(line) else None


def check(folder):
    paths = sorted(folder.glob("journal.[0-9]*.jsonl"))
    if [p.name for p in paths] != [f"journal.{n:06}.jsonl" for n in range(1, len(paths) + 1)] or not paths:
        return "a segment is missing"
    datas = [p.read_bytes() for p in paths]
    seq, prev, durable, epoch, hashes = 0, "0" * 64, -1, 0, []
    for index, (path, data) in enumerate(zip(paths, datas)):
        if index + 1 < len(datas) and first_seq(datas[index + 1]) in (first_seq(data), 0):
            print(f"{path.name}: replaced")
            continue
        for line in data.splitlines(keepends=True) if b"\r" not in data else [b""]:
            digest = own_hash(line)
            record = json.loads(line) if digest else {}
            sound = list(record) == KEYS and record["v"] == 1 and record["seq"] == seq and record["prev"] == prev
            if not (sound and durable <= record["d"] < seq and record["ep"] >= epoch):
                return f"{path.name}: record {seq} does not verify"
            if (seq == 0) != (record["type"] == "run.opened"):
                return f"{path.name}: record {seq} is a {record['type']}"
            seq, prev, durable, epoch = seq + 1, digest, record["d"], record["ep"]
            hashes.append(digest)
        print(f"{path.name}: intact up to record {seq - 1}, hash {prev}")
    head = head_of(folder / "journal.head")
    if head and (head[0] >= seq or hashes[head[0]] != head[1]):
        return f"cut or rewritten: journal.head knows record {head[0]} as {head[1]}"
    return None


wrong = check(Path(sys.argv[1]))
print(f"FAILED: {wrong}" if wrong else "OK: hash chain intact. Not signed: compare the last hash with the one in your ticket")
sys.exit(8 if wrong else 0)
