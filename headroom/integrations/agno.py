"""headroom inside Agno.

    from headroom.integrations.agno import HeadroomAgnoModel

    agent = Agent(model=HeadroomAgnoModel(OpenAIChat(id="gpt-4o")), tools=[...])

Where the model must stay what it is: `Agent(compression_manager=HeadroomCompressionManager())`.
"""

from headroom.integrations.agno_function import retrieve_function
from headroom.integrations.agno_manager import HeadroomCompressionManager
from headroom.integrations.agno_model import HeadroomAgnoModel

__all__ = ["HeadroomAgnoModel", "HeadroomCompressionManager", "retrieve_function"]
