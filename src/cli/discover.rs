//! `itsmd discover`: what a Dataverse instance says of its tables, columns and choices, and a profile drafted from that.
//! Only metadata is read: no row, and nothing that a reading user may not see.

mod draft;
mod text;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use self::draft::Item;
use super::state::Stateless;
use super::{Failure, block_on, note, out, state};
use crate::app::Connected;
use crate::config::Config;
use crate::model::{Partner, Profile, WorkItemKind};
use crate::source::SourceError;
use crate::source::dataverse::{ColumnInfo, Metadata, TableInfo};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The connection whose instance is asked
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// The columns of this table, by its name (incident) or its set's (incidents), with the labels of choices
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Draft a profile: which table holds what, e.g. incident=incidents,change_request=new_changerequests
    #[arg(long, value_name = "KIND=TABLE", value_delimiter = ',', value_parser = kind_and_table, conflicts_with_all = ["table", "json"])]
    draft: Vec<(WorkItemKind, String)>,
    /// Write the draft to this file, which must not exist yet [default: stdout]
    #[arg(long, value_name = "FILE", requires = "draft")]
    output: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

fn kind_and_table(text: &str) -> Result<(WorkItemKind, String), String> {
    let (kind, table) = text
        .split_once('=')
        .ok_or("a kind and a table, e.g. incident=incidents")?;
    Ok((state::kind(kind.trim())?, table.trim().to_owned()))
}

pub(super) fn run(args: &Args, mut config: Config) -> Result<(), Failure> {
    super::chosen(&config, std::slice::from_ref(&args.connection))?;
    config.connections.retain(|c| c.name.as_str() == args.connection);
    let stateless = Stateless::build(config)?;
    let Some(connected) = stateless.parts.connections.first() else {
        return Ok(());
    };
    if connected.settings.partner == Partner::ServiceNow {
        return Err(Failure::Usage(known_already(connected)));
    }
    let metadata = Metadata::new(
        connected.client.clone(),
        connected.credentials.clone(),
        &connected.settings.server_url,
    );
    block_on(async {
        let tables = metadata.tables().await.map_err(|error| failure(&error))?;
        if !args.draft.is_empty() {
            return draft_profile(args, &metadata, &tables, &connected.settings.server_url).await;
        }
        let Some(wanted) = &args.table else {
            return show_tables(args, &tables);
        };
        let table = find(&tables, wanted)?;
        let columns = metadata.columns(table).await.map_err(|error| failure(&error))?;
        show_columns(args, table, &columns)
    })
}

/// A ServiceNow instance has nothing to be discovered: its tables are the same everywhere.
fn known_already(connected: &Connected) -> String {
    let (name, url) = (&connected.settings.name, &connected.settings.server_url);
    format!(
        "{name} is a ServiceNow instance: its tables are known (incident, change_request), and the shipped profile reads them. \
         `itsmd check` names every field that the instance does not give. The columns of a table, your own among them, are \
         listed by the instance at {url}/sys_dictionary_list.do?sysparm_query=name=incident^ORname=task; one line below \
         [connection.columns] adds one to the rows"
    )
}

fn failure(error: &SourceError) -> Failure {
    Failure::Failed(anyhow::anyhow!("{}", error.trouble()))
}

fn find<'a>(tables: &'a [TableInfo], wanted: &str) -> Result<&'a TableInfo, Failure> {
    let named = |table: &&TableInfo| table.logical_name == wanted || table.entity_set == wanted;
    tables.iter().find(named).ok_or_else(|| {
        let near = |table: &&TableInfo| {
            let wanted = wanted.to_lowercase();
            table.logical_name.contains(&wanted) || table.label.to_lowercase().contains(&wanted)
        };
        let near: Vec<&str> = tables
            .iter()
            .filter(near)
            .map(|t| t.logical_name.as_str())
            .take(5)
            .collect();
        let hint = match near.as_slice() {
            [] => "without --table all are listed".to_owned(),
            near => format!("there are: {}", near.join(", ")),
        };
        Failure::Usage(format!("the instance has no table {wanted}; {hint}"))
    })
}

fn show_tables(args: &Args, tables: &[TableInfo]) -> Result<(), Failure> {
    if !args.json {
        return out(&text::tables(tables));
    }
    let tables: Vec<_> = tables.iter().map(table_json).collect();
    out(&format!(
        "{}\n",
        json!({"connection": args.connection, "tables": tables})
    ))
}

fn show_columns(args: &Args, table: &TableInfo, columns: &[ColumnInfo]) -> Result<(), Failure> {
    if !args.json {
        return out(&text::columns(columns));
    }
    let columns: Vec<_> = columns
        .iter()
        .map(|column| {
            let choices = column.choices.iter();
            let choices: Vec<_> = choices
                .map(|(value, label)| json!({"value": value, "label": label}))
                .collect();
            json!({"field": column.field, "kind": column.kind, "label": column.label, "choices": choices})
        })
        .collect();
    let document = json!({"connection": args.connection, "table": table_json(table), "columns": columns});
    out(&format!("{document}\n"))
}

fn table_json(table: &TableInfo) -> serde_json::Value {
    json!({
        "logical_name": table.logical_name,
        "entity_set": table.entity_set,
        "id": table.id,
        "name": table.name,
        "label": table.label,
        "custom": table.custom,
    })
}

async fn draft_profile(
    args: &Args,
    metadata: &Metadata,
    tables: &[TableInfo],
    server_url: &str,
) -> Result<(), Failure> {
    let mut items = Vec::new();
    for (kind, wanted) in &args.draft {
        if items.iter().any(|item: &Item| item.kind == *kind) {
            return Err(Failure::Usage(format!("--draft names {kind} twice")));
        }
        let table = find(tables, wanted)?.clone();
        let columns = metadata.columns(&table).await.map_err(|error| failure(&error))?;
        items.push(Item::draft(*kind, table, columns).map_err(Failure::Usage)?);
    }
    let draft = draft::render(&items, server_url);
    // Whatever an instance calls its columns, what is written here can be read.
    Profile::parse(&draft).map_err(|error| anyhow::anyhow!("the draft cannot be used: {error}"))?;
    let Some(file) = &args.output else {
        return out(&draft);
    };
    write_new(file, &draft)?;
    note(&format!(
        "{} is written. Look it through, name it below [[connection]] as profile = \"{}\" (with `work_items`, if that is set), \
         and run `itsmd check --connection {}`",
        file.display(),
        file.display(),
        args.connection
    ));
    Ok(())
}

fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    match made.and_then(|mut made| made.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(Failure::Usage(format!(
            "{} exists already and is not overwritten: name another file",
            file.display()
        ))),
        Err(error) => Err(anyhow::anyhow!("{}: {error}", file.display()).into()),
    }
}
