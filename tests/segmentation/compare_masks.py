#!/usr/bin/env python3
"""Compares exported masks with what pycocotools and Pillow read: see test_mask_formats.cpp.

    compare_masks.py FOLDER

FOLDER has the same masks as coco/annotations.json and davis/00000.png on, and polygon.txt, the
compressed run lengths of the polygon below.
"""

import json
import os
import sys

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

POLYGON = [2.5, 1.25, 27.9, 4, 20.1, 21.7, 6, 12.4]


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "coco", "annotations.json"), encoding="utf-8") as file:
        coco = json.load(file)
    labels = {}
    for image in coco["images"]:
        picture = Image.open(os.path.join(folder, "davis", f"{image['id'] - 1:05d}.png"))
        assert picture.mode == "P", picture.mode
        labels[image["id"]] = np.array(picture)
    seen = {key: np.zeros_like(value) for key, value in labels.items()}
    for annotation in coco["annotations"]:
        rle = annotation["segmentation"]
        decoded = coco_mask.decode(rle)
        expected = (labels[annotation["image_id"]] == annotation["track_id"]).astype(np.uint8)
        assert (decoded == expected).all(), annotation["id"]
        again = coco_mask.encode(np.asfortranarray(expected))["counts"].decode()
        assert again == rle["counts"], (again, rle["counts"])
        assert int(coco_mask.area(rle)) == annotation["area"]
        assert list(coco_mask.toBbox(rle)) == annotation["bbox"], annotation
        seen[annotation["image_id"]][decoded == 1] = annotation["track_id"]
    assert all((seen[key] == labels[key]).all() for key in labels)
    height, width = labels[1].shape
    with open(os.path.join(folder, "polygon.txt"), encoding="ascii") as file:
        ours = file.read()
    theirs = coco_mask.frPyObjects([POLYGON], height, width)[0]["counts"].decode()
    assert ours == theirs, (ours, theirs)


if __name__ == "__main__":
    main()
