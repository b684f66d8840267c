//! The state file, and what a stream's run ends by itself.

use super::{Page, cause, page};

/// A page each.
pub const PAGES: &[Page] = &[
    page(
        "ITSMD-SY-001",
        &[
            cause(
                "`server_url` or the profile's `table` was changed, and it is the same service desk",
                "what was seen names both",
                "`itsmd resync --connection NAME`: everything is delivered once more",
            ),
            cause(
                "another service desk got an old connection's name",
                "the records are others",
                "`itsmd forget --connection NAME`, or a new name",
            ),
        ],
    ),
    page(
        "ITSMD-SY-002",
        &[
            cause(
                "the user lost a role, or an access rule was changed",
                "the numbers named are to be seen in the service desk by others, but not by this user",
                "give the role back; the next reconcile ends it",
            ),
            cause(
                "the `filter` was narrowed",
                "the numbers are there but do not match it",
                "widen it, or accept",
            ),
            cause(
                "many records were deleted or archived on purpose",
                "nobody finds them",
                "`itsmd sync --reconcile --accept-deletions --connection NAME`",
            ),
        ],
    ),
    page(
        "ITSMD-SY-099",
        &[cause(
            "a mistake in itsmd",
            "the line says where",
            "report it with the line; no position has moved, nothing is lost",
        )],
    ),
    page(
        "ITSMD-ST-001",
        &[
            cause(
                "the file belongs to another user, as after a run as root",
                "`ls -l` of the state directory",
                "`chown -R itsmd: /var/lib/itsmd`",
            ),
            cause(
                "the disk fails",
                "`dmesg` says so",
                "another disk; the file is disposable",
            ),
        ],
    ),
    page(
        "ITSMD-ST-002",
        &[cause(
            "disk, quota or the service's limit is full",
            "`df -h`, `quota`, `systemctl show itsmd -p LimitFSIZE`",
            "make room; it goes on where it stopped",
        )],
    ),
    page(
        "ITSMD-ST-003",
        &[cause(
            "a sqlite3 shell or a backup holds the file",
            "`fuser /var/lib/itsmd/itsmd.db` names the process",
            "end it; back up with `sqlite3 … .backup`, which does not hold it",
        )],
    ),
    page(
        "ITSMD-ST-004",
        &[cause(
            "a disk that lost writes, or a copy made while it was written to",
            "`sqlite3 itsmd.db 'pragma integrity_check'`",
            "stop itsmd, move itsmd.db, -wal and -shm away, start it: the window is delivered once more",
        )],
    ),
    page(
        "ITSMD-ST-005",
        &[cause(
            "a read-only file system or file",
            "`findmnt -T /var/lib/itsmd`, `ls -l`",
            "make it writable; `ReadWritePaths=` of the unit, if the path is an unusual one",
        )],
    ),
];
