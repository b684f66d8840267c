//! What people write. `{ci}`, `{site}` and `{who}` are filled in.

use super::super::item::{Item, State};
use super::{World, people};
use crate::model::WorkItemKind;

/// A kind of trouble or work.
#[derive(Debug)]
pub(super) struct Text {
    pub category: &'static str,
    pub subcategory: &'static str,
    pub group: &'static str,
    /// How the machines it happens to are called.
    pub machine: &'static str,
    pub title: &'static str,
    pub description: &'static str,
}

const fn text(
    [category, subcategory, group, machine]: [&'static str; 4],
    title: &'static str,
    description: &'static str,
) -> Text {
    Text {
        category,
        subcategory,
        group,
        machine,
        title,
        description,
    }
}

pub(super) const INCIDENTS: [Text; 16] = [
    text(
        ["network", "vpn", "Network Operations", "vpn-gw"],
        "VPN drops every few minutes from {site}",
        "{who} works from home and loses the tunnel to {ci} about every ten minutes.\nClient says: \"connection terminated by peer\".",
    ),
    text(
        ["network", "wireless", "Network Operations", "wlc"],
        "No Wi-Fi on the second floor, {site}",
        "Laptops see the network but get no address. Access points are green on {ci}.",
    ),
    text(
        ["network", "dns", "Network Operations", "dns"],
        "Intranet names do not resolve in {site}",
        "nslookup against {ci} times out; other resolvers answer.",
    ),
    text(
        ["database", "oracle", "Database Administration", "srv-ora"],
        "Tablespace USERS at 97 % on {ci}",
        "Monitoring: tablespace USERS of {ci} is filled to 97 %, growing about 1 % a day.",
    ),
    text(
        ["database", "sql server", "Database Administration", "srv-sql"],
        "Nightly backup of {ci} failed",
        "Backup job ended with error 3041. Last good backup is two days old.",
    ),
    text(
        ["database", "sql server", "Database Administration", "srv-sql"],
        "Reports run into timeouts",
        "Month-end reports on {ci} stop after 30 s. {who} needs them before noon.",
    ),
    text(
        ["hardware", "disk", "Server Operations", "srv-file"],
        "Disk full on {ci}",
        "Volume D: of {ci} has less than 1 % left. Users of {site} cannot save.",
    ),
    text(
        ["hardware", "printer", "Workplace Services", "prn"],
        "Printer {ci} prints blank pages",
        "Happens since this morning, also with a new cartridge. {site}, ground floor.",
    ),
    text(
        ["hardware", "laptop", "Workplace Services", "nb"],
        "Laptop does not start after docking",
        "{who}: screen stays black, power light blinks three times. Device {ci}.",
    ),
    text(
        ["software", "email", "Messaging", "srv-exch"],
        "Outlook asks for the password again and again",
        "{who} is asked every few minutes although the password is right. Webmail works.",
    ),
    text(
        ["software", "email", "Messaging", "srv-exch"],
        "External mail arrives hours late",
        "Messages from customers sit in the queue of {ci}; the oldest is from 06:40.",
    ),
    text(
        ["software", "erp", "Business Applications", "srv-erp"],
        "Goods receipt cannot be posted: \"period is closed\"",
        "Warehouse {site} cannot post since the month changed.\tTransaction MIGO, system {ci}.",
    ),
    text(
        ["software", "crm", "Business Applications", "srv-crm"],
        "CRM shows an empty customer list",
        "All filters off, still no rows for {who}. Colleagues in {site} see theirs.",
    ),
    text(
        ["inquiry", "access", "Identity and Access", "srv-ad"],
        "Account locked: {who}",
        "Locked several times since the password was changed; probably an old phone still signs in.",
    ),
    text(
        ["inquiry", "access", "Identity and Access", "srv-ad"],
        "Access to the share \"Projects\" needed",
        "{who} moved to {site} and needs to write to Projects on {ci}. Manager agrees.",
    ),
    text(
        ["software", "os", "Server Operations", "srv-app"],
        "Service does not start after patching on {ci}",
        "Event 7000 after last night's updates. A restart did not help.",
    ),
];

pub(super) const OUTAGES: [Text; 3] = [
    text(
        ["network", "wan", "Network Operations", "rtr"],
        "{site} is offline",
        "Nothing works here: no telephone, no network drives. Router {ci} does not answer.",
    ),
    text(
        ["software", "email", "Messaging", "srv-exch"],
        "No mail since a few minutes",
        "Outlook is disconnected for everybody in {site}.",
    ),
    text(
        ["software", "erp", "Business Applications", "srv-erp"],
        "ERP cannot be reached",
        "Sign-in to {ci} ends with \"partner not reached\". Dispatch in {site} stands still.",
    ),
];

pub(super) const CHANGES: [Text; 10] = [
    text(
        ["Network", "", "Network Operations", "rtr"],
        "Upgrade router software on {ci}",
        "Firmware 17.9.5. Redundant path stays up; {site} may see two short interruptions.",
    ),
    text(
        ["Network", "", "Network Operations", "fw"],
        "Firewall rule for the new supplier portal",
        "Allow 443 from the DMZ to {ci}. Approved by security.",
    ),
    text(
        ["Software", "", "Server Operations", "srv-app"],
        "Monthly operating system patches, {ci}",
        "Patch, restart, check services. Back-out: snapshot.",
    ),
    text(
        ["Software", "", "Database Administration", "srv-sql"],
        "Cumulative update on {ci}",
        "Install, fail over, install on the second node.",
    ),
    text(
        ["Hardware", "", "Server Operations", "srv-file"],
        "Extend volume D: of {ci}",
        "Add 500 GB online. No interruption expected.",
    ),
    text(
        ["Hardware", "", "Server Operations", "esx"],
        "Replace memory module in {ci}",
        "Host is emptied first. Vendor on site in {site}.",
    ),
    text(
        ["Applications Software", "", "Business Applications", "srv-erp"],
        "Transport of release 4.12 to production",
        "Tested in QA by {who}. Key users check after import.",
    ),
    text(
        ["Applications Software", "", "Business Applications", "srv-crm"],
        "New fields on the customer form",
        "Requested by sales in {site}.",
    ),
    text(
        ["Other", "", "Identity and Access", "srv-ad"],
        "Renew certificate of {ci}",
        "Expires in three weeks. Restart of the service needed.",
    ),
    text(
        ["Service", "", "Messaging", "srv-exch"],
        "Move mailboxes of {site} to the new database",
        "About 120 mailboxes over the weekend.",
    ),
];

/// A new item about `text`, opened now by somebody; without a number, of the lowest priority.
pub(super) fn written(world: &mut World, kind: WorkItemKind, text: &Text, ci: String) -> Item {
    let (who, site) = (people::caller(&mut world.dice), people::site(&mut world.dice));
    let fill = |pattern: &str| {
        pattern
            .replace("{ci}", &ci)
            .replace("{site}", site)
            .replace("{who}", &who)
    };
    Item {
        id: world.id(),
        kind,
        number: String::new(),
        state: State::New,
        title: fill(text.title),
        description: fill(text.description),
        urgency: 3,
        impact: 3,
        priority: 5,
        risk: None,
        change_type: None,
        category: text.category.to_owned(),
        subcategory: None,
        contact_type: "self-service".to_owned(),
        opened_by: who,
        assigned_to: None,
        assignment_group: text.group.to_owned(),
        resolved_by: None,
        closed_by: None,
        close_code: None,
        ci: Some(ci),
        opened_at: world.now,
        resolved_at: None,
        closed_at: None,
        planned: None,
        work_start: None,
        work_end: None,
        modified: world.now,
        revision: 0,
    }
}
