//! Records as columns of values, each distinct value kept once.

use rustc_hash::FxHashMap;

/// One column: a dictionary of distinct values and one code a record. Code 0 is "no value".
#[derive(Clone, Debug)]
pub struct Column {
    /// The header.
    pub name: String,
    values: Vec<Box<str>>,
    codes: Vec<u32>,
}

impl Column {
    /// The distinct values as written; the first stands for "no value" and is empty.
    pub fn values(&self) -> &[Box<str>] {
        &self.values
    }

    /// One code a record: the place of its value among [`Column::values`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The value of a record, or none.
    pub fn get(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)?;
        if code == 0 {
            None
        } else {
            self.values.get(code as usize).map(AsRef::as_ref)
        }
    }

    /// Records for each distinct value, in the order of [`Column::values`].
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.values.len()];
        for &code in &self.codes {
            counts[code as usize] += 1;
        }
        counts
    }
}

/// A list of records.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// The columns in the order of the headers.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this header.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Adds a column; an empty value is none, and a record beyond the values has none.
    pub(crate) fn add(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let mut builder = TableBuilder::new([name]);
        let mut values = values.into_iter();
        for _ in 0..self.rows {
            builder.push([values.next().as_deref()]);
        }
        self.columns.append(&mut builder.table.columns);
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

/// Makes a [`Table`] record by record.
#[derive(Debug, Default)]
pub struct TableBuilder {
    table: Table,
    seen: Vec<FxHashMap<Box<str>, u32>>,
}

impl TableBuilder {
    /// A list with these headers and no record yet.
    pub fn new<S: Into<String>>(headers: impl IntoIterator<Item = S>) -> Self {
        let columns: Vec<Column> = headers
            .into_iter()
            .map(|name| Column {
                name: name.into(),
                values: vec!["".into()],
                codes: Vec::new(),
            })
            .collect();
        let seen = vec![FxHashMap::default(); columns.len()];
        Self {
            table: Table { columns, rows: 0 },
            seen,
        }
    }

    /// Adds a header; the records so far have no value there.
    pub fn add_column(&mut self, name: impl Into<String>) {
        self.table.columns.push(Column {
            name: name.into(),
            values: vec!["".into()],
            codes: vec![0; self.table.rows],
        });
        self.seen.push(FxHashMap::default());
    }

    /// Adds a record. Fields beyond the headers are left out; fields that the record lacks have no value.
    pub fn push<'a>(&mut self, fields: impl IntoIterator<Item = Option<&'a str>>) {
        let mut fields = fields.into_iter();
        for (column, seen) in self.table.columns.iter_mut().zip(&mut self.seen) {
            let text = fields.next().flatten().map_or("", str::trim);
            let code = if text.is_empty() {
                0
            } else if let Some(&code) = seen.get(text) {
                code
            } else {
                let code = column.values.len() as u32;
                column.values.push(text.into());
                seen.insert(text.into(), code);
                code
            };
            column.codes.push(code);
        }
        self.table.rows += 1;
    }

    /// The list.
    pub fn finish(self) -> Table {
        self.table
    }
}
