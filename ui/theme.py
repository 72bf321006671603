"""How the studio looks: Gradio's base theme with fonts of the system; no request leaves."""

import gradio as gr

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Ubuntu", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
HEAD = (
    '<link rel="stylesheet" href="/web/studio.css">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
)


def theme() -> gr.themes.Base:
    """Return the theme."""
    return gr.themes.Base(
        primary_hue="indigo", secondary_hue="indigo", neutral_hue="slate", font=SANS,
        font_mono=MONO, radius_size="md",
    ).set(
        body_background_fill="*neutral_50", body_background_fill_dark="*neutral_950",
        block_shadow="none", button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700", button_primary_text_color="white",
        button_primary_background_fill_dark="*primary_600",
        body_text_color_subdued="*neutral_600", body_text_color_subdued_dark="*neutral_300",
        input_placeholder_color="*neutral_600", input_placeholder_color_dark="*neutral_300",
        block_title_text_color="*neutral_700", block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300",
    )
