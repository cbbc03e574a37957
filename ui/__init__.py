"""Everything people see. The only room that knows Gradio."""
