"""The scenes: what each shows, its task, and when the task is done. `SCENES` is the only list."""

from compat.page.scenes import hardened, legacy, modern

SCENES = {
    scene.link: scene
    for scene in (*legacy.SCENES, *modern.SCENES, *hardened.SCENES, *hardened.FREE)
}
"""All of them, by their links, in the order in which a lesson takes them."""
