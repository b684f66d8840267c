//! Who may see what of an instance.

use super::super::packed::View;
use super::Desk;

impl Desk {
    /// Hides the rows of which `rule` holds, after the limit has been applied.
    pub fn hide(&self, table: &str, rule: impl Fn(View<'_>) -> bool + Send + Sync + 'static) {
        self.lock()
            .rules
            .entry(table.to_owned())
            .or_default()
            .push(Box::new(rule));
    }

    /// Hides every row; they are still counted.
    pub fn hide_all(&self, table: &str) {
        self.hide(table, |_| true);
    }

    /// Makes a field absent from all rows.
    pub fn hide_field(&self, table: &str, field: &str) {
        self.lock()
            .hidden_fields
            .entry(table.to_owned())
            .or_default()
            .insert(field.to_owned());
    }

    /// 403 for every request of a table.
    pub fn forbid(&self, table: &str) {
        self.lock().forbidden.insert(table.to_owned());
    }

    /// Lifts every access rule of a table.
    pub fn show(&self, table: &str) {
        let mut state = self.lock();
        state.rules.remove(table);
        state.hidden_fields.remove(table);
        state.forbidden.remove(table);
    }

    /// Removes a table: 400 from now on.
    pub fn drop_table(&self, table: &str) {
        self.lock().tables.0.remove(table);
    }
}
