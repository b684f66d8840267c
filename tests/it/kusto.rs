//! What is generated for Azure, looked at by programs of Azure's makers: every query by Microsoft's own parser against the
//! columns of the tables, the resources by the types of Azure's libraries, the Bicep file by a parser of Bicep. And the saved
//! functions are run over rows. `.ci/stages/kusto` installs what is needed and runs this.

mod answers;
mod checker;
mod queries;
mod templates;
