"""The offline verifier: a whole pack holds, and whatever was changed in it is named."""

import ast
import json
import sys
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest
from django.conf import settings

from audit import signing
from audit.offline import verify
from tests.onboarding.evidence.conftest import findings
from tests.onboarding.evidence.forging import (
    Files,
    Row,
    chained_anew,
    closed,
    fitted,
    opened,
    rows,
    signed_anew,
    with_rows,
)

VERIFIER = Path(verify.__file__)


def judged(pack: bytes, folder: Path, *words: str) -> CompletedProcess[str]:
    """Run the verifier as a stranger does: isolated, without site packages, somewhere else."""
    path = folder / "pack.zip"
    path.write_bytes(pack)
    program = [sys.executable, "-I", "-S", str(VERIFIER), str(path), *words]
    return run(program, capture_output=True, text=True, check=False, cwd=folder)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def own_rows(files: Files) -> list[Row]:
    return [row for row in rows(files) if "entry" in row]


# As a program of its own


def test_the_pack_of_a_finished_order_holds_offline(pack: bytes, tmp_path: Path) -> None:
    told = judged(pack, tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.endswith("The pack holds.\n")
    assert "rehearsed" in told.stdout


def test_the_verifier_in_the_pack_is_the_one_of_the_repository(pack: bytes) -> None:
    assert opened(pack)["verify.py"] == VERIFIER.read_bytes()


def test_a_flipped_byte_is_told_by_name_and_status(pack: bytes, tmp_path: Path) -> None:
    told = judged(flipped(pack, pack.index(b'"prod-approvers"') + 3), tmp_path)
    assert told.returncode == 1
    assert told.stdout.startswith("changes.json was changed")


def test_the_key_of_this_portal_is_known_by_its_fingerprint(pack: bytes, tmp_path: Path) -> None:
    assert judged(pack, tmp_path, "--key", signing.fingerprints()[0]).returncode == 0
    assert judged(pack, tmp_path, "--key", "0" * 64).returncode == 1


def test_anchors_that_were_kept_elsewhere_vouch_for_the_rows(pack: bytes, tmp_path: Path) -> None:
    anchors = str(settings.BERTH_AUDIT_ANCHORS)
    told = judged(pack, tmp_path, "--anchors", anchors)
    assert told.returncode == 0
    last = rows(opened(pack))[-1]["seq"]
    assert f"vouch for the rows up to seal {last}." in told.stdout


def test_what_is_no_pack_is_told_in_words(tmp_path: Path) -> None:
    told = judged(b"", tmp_path)
    assert told.returncode == 2
    assert told.stdout.startswith("It cannot be read")
    assert judged(b"PK\3\4 no pack", tmp_path).returncode == 1
    assert judged(b"something else", tmp_path).returncode == 1


def test_the_verifier_is_one_file_for_python_3_9_without_imports_of_ours() -> None:
    tree = ast.parse(VERIFIER.read_text(), feature_version=(3, 9))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {
        name.partition(".")[0]
        for node in named
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    assert roots <= sys.stdlib_module_names | {"__future__"}


def _names(node: ast.Import) -> list[str]:
    return [each.name for each in node.names]


# Bytes


def test_a_byte_flipped_in_any_file_is_found_and_the_file_named_first(pack: bytes) -> None:
    for name, content in opened(pack).items():
        for at in {0, len(content) // 2, len(content) - 1} if content else ():
            begins = pack.index(name.encode() + content) + len(name)
            found = findings(flipped(pack, begins + at))
            assert found, (name, at)
            assert found[0].startswith(f"{name} was changed"), (name, at)


def test_a_byte_flipped_in_any_file_is_named_though_the_archive_was_mended(pack: bytes) -> None:
    files = opened(pack)
    for name, content in files.items():
        if content and name != verify.MANIFEST:
            found = findings(closed({**files, name: flipped(content, len(content) // 2)}))
            assert f"{name} was changed: it does not fit its hash in the manifest." in found


def test_a_byte_flipped_between_the_files_is_found(pack: bytes) -> None:
    for at in _between(pack):
        assert findings(flipped(pack, at)), at


def _between(pack: bytes) -> list[int]:
    """Return where the bytes of the archive stand that belong to no file."""
    inside: set[int] = set()
    for _, start, end in verify.members(pack, []).values():
        inside.update(range(start, end))
    return [at for at in range(len(pack)) if at not in inside][::7]


def test_what_is_hung_on_or_put_in_front_is_found(pack: bytes) -> None:
    assert findings(pack + b"\0")
    assert findings(b"\0" + pack)


def test_every_file_that_is_removed_is_named(pack: bytes) -> None:
    files = opened(pack)
    for gone in files:
        found = findings(closed({name: files[name] for name in files if name != gone}))
        assert found[0].startswith(f"{gone} was removed"), gone


def test_a_file_that_is_added_is_named(pack: bytes) -> None:
    found = findings(closed({**opened(pack), "order-2.json": b"{}\n"}))
    assert found[0] == "order-2.json was added: the manifest does not list it."


# Audit rows


def test_every_removed_audit_row_is_found_though_every_hash_beside_it_is_right(
    pack: bytes,
) -> None:
    files = opened(pack)
    for gone in rows(files):
        kept = [row for row in rows(files) if row != gone]
        found = findings(closed(fitted(with_rows(files, kept))))
        assert any(f.startswith("ledger.ndjson: ") for f in found), gone
        assert any(str(gone["seq"]) in f for f in found), gone


def test_an_audit_row_cannot_pass_for_one_of_another_record(pack: bytes) -> None:
    files = opened(pack)
    for hidden in own_rows(files):
        content = verify.digest(verify.canonical(hidden["entry"]))
        stub = {"about": "0" * 64, "content": content, **_place(hidden)}
        kept = [stub if row == hidden else row for row in rows(files)]
        found = findings(closed(fitted(with_rows(files, kept))))
        assert any("does not continue" in f for f in found)


def test_an_audit_row_cannot_pass_for_one_of_the_older_form(pack: bytes) -> None:
    files = opened(pack)
    for hidden in own_rows(files)[1:]:
        kept = [_place(hidden) if row == hidden else row for row in rows(files)]
        found = findings(closed(fitted(with_rows(files, kept))))
        assert any("shows less than those before it" in f for f in found)


def test_an_audit_row_of_this_order_that_shows_only_hashes_is_found(pack: bytes) -> None:
    files = opened(pack)
    hidden = own_rows(files)[1]
    about = verify.digest(hidden["entry"]["object_uuid"].encode())
    content = verify.digest(verify.canonical(hidden["entry"]))
    stub = {"about": about, "content": content, **_place(hidden)}
    kept = [stub if row == hidden else row for row in rows(files)]
    found = findings(closed(fitted(with_rows(files, kept))))
    seq = hidden["seq"]
    assert f"ledger.ndjson: seal {seq} is about this order, and its row was removed." in found


def _place(row: Row) -> Row:
    return {"seq": row["seq"], "hash": row["hash"]}


def test_a_changed_audit_row_is_named(pack: bytes) -> None:
    files = opened(pack)
    changed = rows(files)
    row = next(each for each in changed if each.get("entry", {}).get("verb") == "approved")
    row["entry"]["actor_name"] = "Mallory"
    found = findings(closed(fitted(with_rows(files, changed))))
    assert f"seal {row['seq']} (entry {row['entry']['id']}, Mallory approved)" in found[0]


def test_rows_chained_anew_do_not_have_the_signature(pack: bytes) -> None:
    files, stated = _without_the_approval(pack)
    assert "its signature does not fit" in findings(closed(fitted(files, ledger=stated)))[0]


def test_a_pack_that_somebody_else_signed_is_known_by_its_key(pack: bytes) -> None:
    files, stated = _without_the_approval(pack)
    forged = closed(signed_anew(fitted(files, ledger=stated)))
    assert findings(forged) == []  # why the fingerprint has to be compared
    assert "and not with that of --key" in findings(forged, signing.fingerprints()[0])[0]


def test_a_pack_that_somebody_else_signed_does_not_agree_with_the_anchors(pack: bytes) -> None:
    files, stated = _without_the_approval(pack)
    seqs = [row["seq"] for row in rows(opened(pack)) if row["seq"] <= stated["last"]]
    anchors = {
        row["seq"]: (row["hash"], "noon") for row in rows(opened(pack)) if row["seq"] == seqs[-1]
    }
    forged = closed(signed_anew(fitted(files, ledger=stated)))
    found, _ = verify.verify(forged, anchors=anchors)
    assert "was anchored at noon: the rows were made anew" in found[0]


def _without_the_approval(pack: bytes) -> tuple[Files, Row]:
    """Return the files without the row of the approval, chained anew, and what fits to that."""
    files = opened(pack)
    kept = [row for row in rows(files) if row.get("entry", {}).get("verb") != "approved"]
    before = verify.read_json(verify.members(pack, []), verify.MANIFEST)["manifest"]["ledger"]
    anew = chained_anew(kept, before["before"])
    stated = {
        "last": anew[-1]["seq"],
        "head": anew[-1]["hash"],
        "rows": sum("entry" in row for row in anew),
    }
    return with_rows(files, anew), stated


# What the plan says


def test_a_decision_on_a_plan_that_is_not_there_is_named(pack: bytes) -> None:
    files = opened(pack)
    digest = verify.digest(files["revisions/002/plan.json"])
    other = files["changes.json"].replace(digest.encode(), b"0" * 64)
    found = findings(closed(fitted({**files, "changes.json": other})))
    number = json.loads(other)[-1]["number"]
    assert f"changes.json: local:bob decided in {number} on a plan that is not here." in found


def test_a_plan_that_is_not_what_its_digest_names_is_found(pack: bytes) -> None:
    files = opened(pack)
    name = "revisions/002/plan.json"
    found = findings(closed(fitted({**files, name: files[name] + b" "})))
    assert found[0].startswith(f"{name} was changed: its hash is not the digest")


@pytest.mark.parametrize("message", [b"", b"a pack", b"x" * 300])
def test_signatures_are_those_of_ed25519(message: bytes) -> None:
    signed = signing.sign(message)
    assert verify.is_signed(signed.key, message, signed.signature)
    assert not verify.is_signed(signed.key, message + b"!", signed.signature)
    for at in (0, 31, 32, 63):
        assert not verify.is_signed(signed.key, message, flipped(signed.signature, at))
