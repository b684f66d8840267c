//! Whose the files are: root's and the service's group's to read, where root writes and the group is there.

use std::fs::Permissions;
use std::io::Error;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

/// The group of the service's user, as systemd/itsmd.sysusers.conf makes it.
const GROUP: &str = "itsmd";

/// For whom files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Root and this group.
    Group(u32),
    /// The user that writes them; who is not root may not give them away.
    Own,
    /// Root alone: there is no such group yet.
    RootOnly,
}

impl Readers {
    pub fn here() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self::Own;
        }
        let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
        group_id(&groups, GROUP).map_or(Self::RootOnly, Self::Group)
    }

    /// Of a secret.
    pub fn secret(self, path: &Path) -> Result<(), Error> {
        let mode = match self {
            Self::Group(_) => 0o640,
            Self::Own | Self::RootOnly => 0o600,
        };
        self.set(path, mode)
    }

    /// Of the configuration.
    pub fn configuration(self, path: &Path) -> Result<(), Error> {
        self.set(path, 0o640)
    }

    /// Of a folder.
    pub fn folder(self, path: &Path) -> Result<(), Error> {
        self.set(path, 0o750)
    }

    fn set(self, path: &Path, mode: u32) -> Result<(), Error> {
        // The group first: nobody else may read it in between.
        if let Self::Group(group) = self {
            chown(path, None, Some(group))?;
        }
        std::fs::set_permissions(path, Permissions::from_mode(mode))
    }
}

fn group_id(groups: &str, name: &str) -> Option<u32> {
    let lines = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut named = lines.filter(|fields| fields.first() == Some(&name));
    named.find_map(|fields| fields.get(2)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let groups = "root:x:0:\nitsmd2:x:7:\nitsmd:x:994:operator\n";
        assert_eq!(group_id(groups, "itsmd"), Some(994));
        assert_eq!(group_id(groups, "itsm"), None);
    }
}
