"""The system account that runs the embedded servers, and what it may do."""

import fcntl
import os
import pwd
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

START_SECONDS = 30


class EmbeddedError(Exception):
    """An embedded server does not start; the text is one line for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The system account that runs the servers and owns their files."""

    uid: int
    gid: int

    @classmethod
    def for_checkout(cls, checkout):
        """Ourselves; for root the owner of the checkout; `nobody` where root owns that too."""
        if os.geteuid():
            return cls(os.geteuid(), os.getegid())
        owner = checkout.stat()
        if owner.st_uid:
            return cls(owner.st_uid, owner.st_gid)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def run(self, *command):
        """Run to the end; `stdout` holds what it said. (No pipe: a server that stays up would keep it open.)"""
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(command, check=False, stdout=output, **self._kwargs())
            output.seek(0)
            done.stdout = output.read()
        return done

    def launch(self, *command, output):
        """Start a server that neither Ctrl-C at our terminal nor our own end reaches."""
        return subprocess.Popen(command, stdout=output, start_new_session=True, **self._kwargs())

    def reaches(self, path):
        """Whether the account can run or enter `path`, asked of the system itself."""
        return not self.run("/bin/sh", "-c", 'test -x "$1"', "sh", path).returncode

    def own(self, path):
        if not os.geteuid():
            os.chown(path, self.uid, self.gid)

    def make_folder(self, path):
        path.mkdir(mode=0o700, exist_ok=True)
        self.own(path)

    def write(self, path, text):
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            self.own(path)
            file.write(text)

    @contextmanager
    def lock(self, path, operation):
        """Hold a lock on `path`; no other process shares it, not even a fork. Raises BlockingIOError with LOCK_NB."""
        with open(path, "a+", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            self.own(path)
            fcntl.lockf(file, operation)
            yield file

    def _kwargs(self):
        kwargs = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": "/"}
        if not os.geteuid():
            kwargs |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return kwargs


def works_in(process, folder):
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder)
    return False


def processes_in(folder):
    return (process for process in psutil.process_iter() if works_in(process, folder))
