"""The model APIs: DeepSeek, Gemini, OpenAI, and somebody who speaks OpenAI's."""
