//! Tables by Arrow's PyCapsule interface: no pyarrow is needed, and no value is copied on the way.
#![allow(unsafe_code)]

use std::{ffi::CStr, sync::Arc};

use arrow_array::{
    RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray,
    ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi},
    ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader},
};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use pyo3::{exceptions::PyTypeError, prelude::*, types::PyCapsule};

use crate::frame::Frame;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// The table of an object that speaks the interface, as a stream or as one batch.
pub(crate) fn table_of(object: &Bound<'_, PyAny>) -> PyResult<Frame> {
    let read =
        |error: ArrowError| PyTypeError::new_err(format!("the table can't be read: {error}"));
    if object.hasattr("__arrow_c_stream__")? {
        let capsule = object
            .call_method0("__arrow_c_stream__")?
            .cast_into::<PyCapsule>()?;
        let pointer = capsule.pointer_checked(Some(STREAM))?;
        // SAFETY: the capsule's name says what it points at, and the interface lets a consumer move the stream out of it; what
        // is left behind is released, so that the capsule's destructor does nothing.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr().cast()) };
        // A producer that needs the interpreter takes it itself.
        return object.py().detach(move || {
            let reader = RecordBatchStreamReader::try_new(stream).map_err(read)?;
            let schema = reader.schema();
            let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().map_err(read)?;
            Ok(Frame::new(schema, batches))
        });
    }
    let (schema, array) = object
        .call_method0("__arrow_c_array__")?
        .extract::<(Bound<'_, PyCapsule>, Bound<'_, PyCapsule>)>()?;
    let schema = schema.pointer_checked(Some(SCHEMA))?;
    let array = array.pointer_checked(Some(ARRAY))?;
    // SAFETY: as above, for the two structures of one array. The schema is moved out too, and released when it is dropped.
    let data = unsafe {
        let schema = FFI_ArrowSchema::from_raw(schema.as_ptr().cast());
        let array = FFI_ArrowArray::from_raw(array.as_ptr().cast());
        if schema.release().is_none() || array.is_released() {
            return Err(unusable("its capsules were taken before"));
        }
        from_ffi(array, &schema).map_err(read)?
    };
    if !matches!(data.data_type(), DataType::Struct(_)) {
        return Err(unusable(
            "it is an array of values, not of rows with columns",
        ));
    }
    if data.null_count() > 0 {
        return Err(unusable("some of its rows are null"));
    }
    let batch = RecordBatch::from(StructArray::from(data));
    Ok(Frame::new(batch.schema(), vec![batch]))
}

fn unusable(why: &str) -> PyErr {
    PyTypeError::new_err(format!("the table can't be read: {why}"))
}

/// A stream over a table's batches.
pub(crate) fn stream<'py>(py: Python<'py>, frame: &Frame) -> PyResult<Bound<'py, PyCapsule>> {
    let batches: Vec<Result<RecordBatch, ArrowError>> =
        frame.batches().iter().cloned().map(Ok).collect();
    let reader = RecordBatchIterator::new(batches, frame.schema());
    let stream = FFI_ArrowArrayStream::new(Box::new(reader));
    // The capsule owns it: a stream that nobody takes is released with the capsule.
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// A table's schema.
pub(crate) fn schema<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(Arc::as_ref(schema))
        .map_err(|error| PyTypeError::new_err(error.to_string()))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}
