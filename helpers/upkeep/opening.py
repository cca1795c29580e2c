"""What a notebook shows that was saved while its kernel ran and is opened when it no longer does.

The file then holds, for each panel, its picture, its sentence, and a view of a widget that is gone;
JupyterLab would show "model not found". ``make lab`` starts it with ``--ServerApp.contents_manager_class=``
and the name of the class below.
"""

from jupyter_core.utils import ensure_async
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from helpers.upkeep.normal_form import pictures_of_panels


class PicturesWithoutKernel(AsyncLargeFileManager):
    """The usual contents, but for panels whose notebook has no kernel: their pictures and sentences."""

    async def get(self, path, content=True, *args, **kwargs):
        """Read as usual; the file itself stays as it is."""
        model = await super().get(path, content, *args, **kwargs)
        if model["type"] == "notebook" and model["content"] and not await self._runs(path):
            for cell in model["content"]["cells"]:
                if cell["cell_type"] == "code":
                    cell["outputs"] = pictures_of_panels(cell["outputs"])
        return model

    async def _runs(self, path) -> bool:
        """Whether a kernel runs for this notebook."""
        sessions = await ensure_async(self.parent.session_manager.list_sessions())
        return any(session["path"].strip("/") == path.strip("/") for session in sessions)
