//! What a real table has beside the fields anybody asks for: fifty-odd columns, alike in every row.

use std::sync::LazyLock;

/// Names and lengths of values; a long text makes the row as heavy as recorded ones (about 7.9 kB).
const FIELDS: [(&str, usize); 51] = [
    ("parent", 0),
    ("made_sla", 4),
    ("caused_by", 0),
    ("watch_list", 0),
    ("upon_reject", 6),
    ("child_incidents", 1),
    ("hold_reason", 0),
    ("approval_history", 0),
    ("skills", 0),
    ("order", 0),
    ("reopened_by", 0),
    ("delivery_plan", 0),
    ("knowledge", 5),
    ("upon_approval", 7),
    ("business_stc", 0),
    ("notify", 1),
    ("business_duration", 0),
    ("group_list", 0),
    ("work_end_notes", 210),
    ("calendar_duration", 0),
    ("rfc", 0),
    ("correlation_display", 0),
    ("delivery_task", 0),
    ("additional_assignee_list", 0),
    ("service_offering", 0),
    ("sys_class_path", 9),
    ("follow_up", 0),
    ("reopened_time", 0),
    ("sys_domain_path", 1),
    ("user_input", 0),
    ("time_worked", 0),
    ("expected_start", 0),
    ("route_reason", 0),
    ("activity_due", 0),
    ("sla_due", 0),
    ("comments_and_work_notes", 0),
    ("reassignment_count", 1),
    ("sys_tags", 0),
    ("u_cost_center", 12),
    ("u_business_service_text", 160),
    ("u_vendor_ticket", 14),
    ("u_root_cause_text", 170),
    ("u_workaround_text", 260),
    ("u_communication_text", 150),
    ("u_major_incident", 5),
    ("u_impact_statement", 130),
    ("u_external_reference", 24),
    ("contract", 0),
    ("universal_request", 0),
    ("origin_table", 0),
    ("origin_id", 0),
];

const PROSE: &str = "The service was checked together with the owner of the platform, the last change was looked at and \
    taken back where it was in doubt, and the users of both sites were told by the duty manager what to expect until \
    the next maintenance window. No data were lost; the monitoring threshold has been adjusted. ";

/// Every filler field with its value, in order.
static VALUES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let text = |length| PROSE.chars().cycle().take(length).collect::<String>();
    FIELDS.iter().map(|(name, length)| (*name, text(*length))).collect()
});

/// How the fields look in a row: raw, as labels, or both.
static FRAGMENTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let mut fragments = [String::new(), String::new(), String::new()];
    for (name, value) in VALUES.iter() {
        fragments[0].push_str(&format!(",\"{name}\":\"{value}\""));
        fragments[1].push_str(&format!(",\"{name}\":\"{value}\""));
        fragments[2].push_str(&format!(
            ",\"{name}\":{{\"display_value\":\"{value}\",\"value\":\"{value}\"}}"
        ));
    }
    fragments
});

/// The value of a filler field, `None` if it is not one.
pub(super) fn value(field: &str) -> Option<&'static str> {
    VALUES
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, value)| value.as_str())
}

/// All filler fields as members of a JSON object, each with a comma before it.
pub(super) fn members(mode: super::render::Mode) -> &'static str {
    let [raw, labels, both] = &*FRAGMENTS;
    match mode {
        super::render::Mode::Raw => raw,
        super::render::Mode::Labels => labels,
        super::render::Mode::Both => both,
    }
}

/// All filler fields.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    VALUES.iter().map(|(name, value)| (*name, value.as_str()))
}
