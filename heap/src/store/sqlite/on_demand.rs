//! Reading single pages while the image runs, for a heap that reads them when they are touched.
//!
//! A page that is not in memory has not changed, so its version is the newest still, and pruning leaves it
//! alone. The connection is one of its own: until the opening commit that which checked the database, which sees it as
//! it was found; from then on one that sees what is committed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::load::{SELECT_BODY, read_page};
use super::schema::{self, Concurrency};
use super::{SqliteStore, State};
use crate::store::identity::{BranchId, PageNumber};
use crate::store::limits::PAGE_SIZE_BYTES;
use crate::store::{PageLocation, PageReader, PagesOnDemand, StoreError, StoreOptions};

/// The connection of those who read pages on demand.
pub(super) enum PageConnection {
    /// To be opened at the next reading.
    ToOpen,
    Open(Connection),
    /// The store was closed.
    Closed,
}

impl SqliteStore {
    pub(super) fn pages_on_demand(&mut self) -> Result<Option<PagesOnDemand>, StoreError> {
        let pages: Vec<(PageNumber, PageLocation)> =
            self.map.pages().map(|(page, version)| (page, PageLocation(*version))).collect();
        let is_large = (pages.len() * PAGE_SIZE_BYTES) as u64 >= self.options.bytes_on_demand;
        if !matches!(self.state, State::Checked { .. }) || !is_large {
            return Ok(None);
        }
        if let Some(reader) = self.reader.take() {
            self.set_page_connection(PageConnection::Open(reader));
        }
        Ok(Some(PagesOnDemand { pages, reader: self.reader_of_pages() }))
    }

    pub(super) fn reader_of_pages(&self) -> Box<dyn PageReader> {
        Box::new(SqlitePageReader {
            database: self.database.clone(),
            options: self.options.clone(),
            connection: Arc::clone(&self.page_connection),
            branch: self.branch,
        })
    }

    pub(super) fn locate_pages(&self, pages: &[PageNumber]) -> Vec<Option<PageLocation>> {
        pages.iter().map(|page| self.map.get(*page).map(|found| PageLocation(*found))).collect()
    }

    /// Waits until nobody reads, and lets the next one have this connection.
    pub(super) fn set_page_connection(&self, connection: PageConnection) {
        *self.page_connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

struct SqlitePageReader {
    database: PathBuf,
    options: StoreOptions,
    connection: Arc<Mutex<PageConnection>>,
    branch: BranchId,
}

impl PageReader for SqlitePageReader {
    fn read(
        &mut self,
        page: PageNumber,
        location: &PageLocation,
        body: &mut [u8],
    ) -> Result<(), StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*connection, PageConnection::ToOpen) {
            let opened = schema::open_reader(&self.database, &self.options, Concurrency::Shared)?;
            *connection = PageConnection::Open(opened);
        }
        let PageConnection::Open(reader) = &*connection else { return Err(StoreError::Poisoned) };
        let mut select =
            reader.prepare_cached(SELECT_BODY).map_err(StoreError::sqlite("cannot read a page"))?;
        read_page(&mut select, self.branch, page, &location.0, body)
    }
}
