"""Searches the vectors of a folder with hnswlib and faiss and prints a row for each: seconds to build, queries a second,
recall against the exact answer. Arguments: folder, numbers a vector, partners, edges, points looked at in building and in
searching.
"""

import sys
import time
from pathlib import Path

import faiss
import hnswlib
import numpy as np

folder = Path(sys.argv[1])
width, k, edges, ef_construction, ef_search = map(int, sys.argv[2:7])
points = np.fromfile(folder / "list.f32", dtype="<f4").reshape(-1, width)
asked = np.fromfile(folder / "asked.f32", dtype="<f4").reshape(-1, width)
exact = np.fromfile(folder / "exact.u32", dtype="<u4").reshape(-1, k)


def row(name, build, search):
    begin = time.monotonic()
    build()
    built = time.monotonic()
    found = search()
    took = time.monotonic() - built
    hits = sum(len(set(mine) & set(wanted)) for mine, wanted in zip(found.tolist(), exact.tolist()))
    rate = f"{built - begin:.1f}" if build is not nothing else ""
    print(f"| {name} | {rate} | {len(asked) / took:.0f} | {hits / exact.size:.4f} |", flush=True)


def nothing():
    pass


for threads in (1, 0):
    index = hnswlib.Index(space="ip", dim=width)
    index.init_index(max_elements=len(points), M=edges, ef_construction=ef_construction, random_seed=1)
    index.set_ef(ef_search)
    if threads:
        index.set_num_threads(threads)
    row(
        f"hnswlib {hnswlib.__version__ if hasattr(hnswlib, '__version__') else ''}, {'one thread' if threads else 'all cores'}".replace(" ,", ","),
        lambda: index.add_items(points),
        lambda: index.knn_query(asked, k=k)[0],
    )

graph = faiss.IndexHNSWFlat(width, edges, faiss.METRIC_INNER_PRODUCT)
graph.hnsw.efConstruction = ef_construction
graph.hnsw.efSearch = ef_search
row(f"faiss {faiss.__version__}, graph, all cores", lambda: graph.add(points), lambda: graph.search(asked, k)[1])

flat = faiss.IndexFlatIP(width)
flat.add(points)
row(f"faiss {faiss.__version__}, exact, all cores", nothing, lambda: flat.search(asked, k)[1])
