//! The last row of a record that is gone: its keys, and that it is deleted.

use chrono::{DateTime, Utc};

use super::{Partner, Record, RecordId, RowWriter, StreamId, Version};

/// What is left to say of a record.
#[derive(Debug, Clone)]
pub struct Gone<'a> {
    /// The source's own id.
    pub id: &'a RecordId,
    /// The number people use.
    pub number: &'a str,
    /// Its stamp, as last delivered.
    pub modified: DateTime<Utc>,
    /// Its count of updates, likewise.
    pub revision: Option<i64>,
}

impl Gone<'_> {
    /// A row of `ServiceDesk_CL` like any other, so that queries over open items drop the record: its state is `Deleted`.
    pub fn mark(&self, stream: &StreamId, partner: Partner) -> Record {
        let mut row = RowWriter::new(512);
        row.text("ServiceDeskConnectionName_s", stream.connection.as_str());
        row.text("ServiceDeskWorkItemType_s", stream.kind.row_value());
        row.text("PartnerType_s", partner.row_value());
        row.text("RecordId_s", self.id.as_str());
        row.text("ServiceDeskId_s", self.number);
        row.text(stream.kind.state_column(), "Deleted");
        row.time("LastModifiedDate_t", self.modified);
        row.flag("IsDeleted_b", true);
        row.flag("IsTruncated_b", false);
        let row = row.finish();
        Record {
            id: self.id.clone(),
            number: self.number.into(),
            modified: self.modified,
            revision: self.revision,
            created: None,
            version: Version::of(&row),
            row,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionName, WorkItemKind};

    #[test]
    fn a_marking_row_carries_keys_and_state() {
        let stream = StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::ChangeRequest,
        };
        let gone = Gone {
            id: &RecordId::new("AB"),
            number: "CHG0000001",
            modified: "2026-11-20T10:00:00Z".parse().unwrap(),
            revision: Some(3),
        };
        let record = gone.mark(&stream, Partner::ServiceNow);
        assert_eq!(
            std::str::from_utf8(&record.row).unwrap(),
            r#"{"ServiceDeskConnectionName_s":"contoso","ServiceDeskWorkItemType_s":"ChangeRequest","PartnerType_s":"ServiceNow","RecordId_s":"ab","ServiceDeskId_s":"CHG0000001","CRState_s":"Deleted","LastModifiedDate_t":"2026-11-20T10:00:00Z","IsDeleted_b":true,"IsTruncated_b":false}"#
        );
        assert_eq!((record.revision, record.version), (Some(3), Version::of(&record.row)));
    }
}
