//! Aligned columns for a terminal.

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A line a row under a line of headings; ends with a newline.
pub(super) fn table<const N: usize>(headings: [(&str, Align); N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| width_of(&row[column]));
        cells.max().unwrap_or(0).max(width_of(headings[column].0))
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let first = headings.map(|(heading, _)| heading.to_owned());
    let mut text = String::new();
    for row in std::iter::once(&first).chain(rows) {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = " ".repeat(widths[column] - width_of(cell));
            match headings[column].1 {
                Align::Left => line.extend([cell, gap.as_str(), "  "]),
                Align::Right => line.extend([gap.as_str(), cell, "  "]),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn width_of(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let rows = [
            ["INC1".to_owned(), "7".to_owned()],
            ["I".to_owned(), "1,200".to_owned()],
        ];
        let text = table([("NUMBER", Align::Left), ("ROWS", Align::Right)], &rows);
        assert_eq!(text, "NUMBER   ROWS\nINC1        7\nI       1,200\n");
    }
}
