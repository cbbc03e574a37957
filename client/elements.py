"""What may be asked of EvoLink's `kling-custom-element`: a person or thing to be used again in many videos."""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from client.order import Address, Asked, Order, Picture
from client.problems import rule_broken

ELEMENT_MODEL: Final = "kling-custom-element"


class ElementPicture(Asked):
    """A further view of the thing an element shows."""

    image_url: Picture = Field(title="Picture")
    """Another view of the same person or thing."""


class ElementPictures(Asked):
    """The pictures an element is made from."""

    frontal_image: Picture = Field(title="Front view")
    """The person or thing, seen from the front."""

    refer_images: list[ElementPicture] = Field(title="Further views", min_length=1, max_length=3)
    """One to three other views."""


class ElementVideo(Asked):
    """A video of the person an element shows."""

    video_url: Address = Field(title="Video")
    """A clear face, no change of person, at most 8 seconds, 720 to 2160 pixels wide."""


class ElementVideos(Asked):
    """The video an element is made from."""

    refer_videos: list[ElementVideo] = Field(title="Video", min_length=1, max_length=1)
    """Exactly one."""


class ElementParams(Asked):
    """A person or thing to be used again in many videos."""

    element_name: str = Field(title="Name", min_length=1, max_length=20)
    """A short name to know it by."""

    element_description: str = Field(title="Description", min_length=1, max_length=100)
    """What it is and what to keep."""

    reference_type: Literal["image_refer", "video_refer"] = Field(title="Made from", default="image_refer")
    """Pictures, or one short video."""

    element_image_list: ElementPictures | None = Field(title="Pictures", default=None)
    """A front view and one to three further views."""

    element_video_list: ElementVideos | None = Field(title="Videos", default=None)
    """One short video of a person."""

    element_voice_id: str | None = Field(title="Voice id", default=None, min_length=1)
    """A voice for the person; only when made from a video."""

    @model_validator(mode="after")
    def _have_what_it_is_made_from(self) -> Self:
        from_pictures = self.reference_type == "image_refer"
        if from_pictures and not self.element_image_list:
            raise rule_broken("element_pictures_missing", "Add a front view and another view.", "element_image_list")
        if not from_pictures and not self.element_video_list:
            raise rule_broken("element_video_missing", "Add one short video.", "element_video_list")
        if from_pictures and self.element_voice_id:
            raise rule_broken("element_voice", "A voice needs an element made from a video.", "element_voice_id")
        return self


class ElementRequest(Order):
    """A person or thing that shall become an element. Same endpoint, no prompt, no length."""

    model: Literal["kling-custom-element"] = Field(title="Model", default=ELEMENT_MODEL)
    """The model that makes elements."""

    model_params: ElementParams = Field(title="Element")
    """What the element is made of."""

    callback_url: Address | None = Field(title="Callback address", default=None)
    """A public https address that EvoLink calls once, at the end."""

    def pictures(self) -> Iterator[str]:
        """The front view, then the further views. An element made from a video has none."""
        views = self.model_params.element_image_list
        if views:
            yield views.frontal_image
            yield from (view.image_url for view in views.refer_images)
