//! The codes of this module.

/// What can go wrong with the state file.
pub mod codes {
    use crate::model::Code;

    /// Anything else.
    pub const OTHER: Code = Code {
        id: "ITSMD-ST-001",
        means: "the state could not be read or written",
        remedy: "look at the disk and the file's owner; the file is disposable: without it the window is delivered once more",
    };
    /// No room.
    pub const FULL: Code = Code {
        id: "ITSMD-ST-002",
        means: "the disk is full or nearly so (less than 4 MiB free), or does not take what is written: a quota, a limit, a fault",
        remedy: "make room on the disk; nothing is lost, it goes on where it stopped",
    };
    /// Somebody else holds it.
    pub const LOCKED: Code = Code {
        id: "ITSMD-ST-003",
        means: "another program has locked the file",
        remedy: "end what holds it (a sqlite3 shell, a backup; `fuser` names it); nothing is lost, it goes on where it stopped",
    };
    /// Not a database any more.
    pub const DAMAGED: Code = Code {
        id: "ITSMD-ST-004",
        means: "the file is damaged",
        remedy: "stop itsmd, move the file away with its -wal and -shm, start itsmd: the window is delivered once more",
    };
    /// Not to be written.
    pub const READ_ONLY: Code = Code {
        id: "ITSMD-ST-005",
        means: "the file may only be read",
        remedy: "make the file and its file system writable; nothing is lost, it goes on where it stopped",
    };

    /// All of them.
    pub const ALL: &[Code] = &[OTHER, FULL, LOCKED, DAMAGED, READ_ONLY];
}
