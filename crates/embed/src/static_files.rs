//! The table of static vectors in a model's folder.

use std::{fs, path::PathBuf};

use crate::{
    model::{ModelError, ModelFolder, TOKENIZER},
    static_embedder::digest_of,
    static_table::{StaticTable, TABLE},
};

impl ModelFolder {
    /// Where the model's table of static vectors stands, whether it is there or not.
    pub fn static_table(&self) -> PathBuf {
        self.path().join(TABLE)
    }

    /// A file of this process beside the table.
    fn partial_table(&self) -> PathBuf {
        self.static_table()
            .with_extension(format!("{}.partial", std::process::id()))
    }

    /// True where a table can be written beside the model.
    pub fn can_keep_static(&self) -> bool {
        let partial = self.partial_table();
        let is_free = !self.static_table().is_dir();
        is_free && fs::write(&partial, []).is_ok() && fs::remove_file(&partial).is_ok()
    }

    /// Writes a table beside the model that it was distilled from, and its digest into the manifest where there is one.
    ///
    /// # Errors
    /// A file can't be written or read.
    pub fn write_static(&self, table: &StaticTable) -> Result<(), ModelError> {
        let path = self.static_table();
        let bytes = table.to_bytes().map_err(|why| ModelError::Malformed {
            path: path.clone(),
            why,
        })?;
        // A run that reads the folder meanwhile sees the old table or the new one.
        let partial = self.partial_table();
        let unwritable = |source| ModelError::Unreadable {
            path: path.clone(),
            source,
        };
        fs::write(&partial, bytes).map_err(unwritable)?;
        fs::rename(&partial, &path).map_err(unwritable)?;
        match self.manifest()? {
            None => Ok(()),
            Some(mut manifest) => {
                let digest = self.file(TABLE, None)?.digest;
                manifest.files.insert(TABLE.to_owned(), digest);
                self.write_manifest(&manifest)
            }
        }
    }

    /// The table with its file's digest; it is the one that was recorded, and of the model beside it.
    ///
    /// # Errors
    /// There is none, or it is not that.
    pub fn read_static(&self) -> Result<(StaticTable, String), ModelError> {
        let path = self.static_table();
        let manifest = self.manifest()?;
        if !path.is_file() {
            return Err(ModelError::NotDistilled {
                name: manifest.map_or_else(|| self.name().to_owned(), |manifest| manifest.name),
            });
        }
        let file = self.file(TABLE, manifest.as_ref())?;
        let table = StaticTable::from_bytes(&file.bytes, &path)?;
        let of_model = match manifest.and_then(|manifest| manifest.model_digest()) {
            Some(digest) => digest,
            // Nothing is recorded: the model's own files say.
            None => self.read(true)?.identity().digest.clone(),
        };
        if table.model.digest == of_model {
            Ok((table, file.digest))
        } else {
            Err(ModelError::OfAnotherModel { path })
        }
    }

    /// The table, the JSON of the tokeniser, and a digest over both.
    pub(crate) fn static_files(&self) -> Result<(StaticTable, Vec<u8>, String), ModelError> {
        let (table, digest) = self.read_static()?;
        let tokenizer = self.file(TOKENIZER[0], self.manifest()?.as_ref())?;
        let digest = digest_of(&[digest.as_bytes(), tokenizer.digest.as_bytes()]);
        Ok((table, tokenizer.bytes, digest))
    }
}
