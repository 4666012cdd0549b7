//! A file whose pages are checked before the library makes room for what they promise: a dictionary that claims more values
//! than it has bytes would have it ask for more memory than there is, which ends the process.

use parquet::{
    bloom_filter::Sbbf,
    column::page::{Page, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        reader::{ChunkReader, FileReader, RowGroupReader},
        serialized_reader::SerializedFileReader,
    },
    record::reader::RowIter,
    schema::types::Type,
};

use super::int96;

/// A file.
pub(super) struct Checked<R: ChunkReader> {
    reader: SerializedFileReader<R>,
    /// What the library is told in the place of the file's own words.
    told: Option<ParquetMetaData>,
}

impl<R: ChunkReader + 'static> Checked<R> {
    /// Looks at a file's types.
    ///
    /// # Errors
    /// They contradict each other.
    pub(super) fn new(reader: SerializedFileReader<R>) -> Result<Self> {
        let told = int96::as_bytes(reader.metadata())?;
        Ok(Self { reader, told })
    }
}

impl<R: ChunkReader + 'static> FileReader for Checked<R> {
    fn metadata(&self) -> &ParquetMetaData {
        self.told.as_ref().unwrap_or(self.reader.metadata())
    }

    fn num_row_groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    fn get_row_group(&self, index: usize) -> Result<Box<dyn RowGroupReader + '_>> {
        Ok(Box::new(Group {
            reader: self.reader.get_row_group(index)?,
            told: self.told.as_ref().map(|told| told.row_group(index)),
        }))
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_file(projection, self)
    }
}

struct Group<'a> {
    reader: Box<dyn RowGroupReader + 'a>,
    told: Option<&'a RowGroupMetaData>,
}

impl RowGroupReader for Group<'_> {
    fn metadata(&self) -> &RowGroupMetaData {
        self.told.unwrap_or(self.reader.metadata())
    }

    fn num_columns(&self) -> usize {
        self.reader.num_columns()
    }

    fn get_column_page_reader(&self, index: usize) -> Result<Box<dyn PageReader>> {
        Ok(Box::new(Pages(self.reader.get_column_page_reader(index)?)))
    }

    fn get_column_bloom_filter(&self, index: usize) -> Option<&Sbbf> {
        self.reader.get_column_bloom_filter(index)
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_row_group(projection, self)
    }
}

struct Pages(Box<dyn PageReader>);

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.0.get_next_page()?;
        match &page {
            // A value of a dictionary takes a byte at least.
            Some(Page::DictionaryPage {
                buf, num_values, ..
            }) if *num_values as usize > buf.len() => Err(ParquetError::General(
                "a dictionary has fewer bytes than values".to_owned(),
            )),
            _ => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.0.at_record_boundary()
    }
}
