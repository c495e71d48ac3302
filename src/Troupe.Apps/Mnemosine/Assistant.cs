using Troupe.Agents;
using Troupe.Chat;

namespace Troupe.Apps.Mnemosine;

/// <summary>The general agent behind the agent API.</summary>
public static class Assistant
{
    /// <summary>Its definition.</summary>
    public static AgentDefinition Definition { get; } = new()
    {
        Name = "assistant",
        Description = "A helpful assistant for anything.",
        Greeting = "Ask me anything. What you are told is on disk before you see it.",
        Suggestions = ["What can you do?", "What is a session?", "How do I use a language model?", "What happens when the server is killed?"],
        Instructions = "You are a helpful assistant. Answer briefly and truthfully. When you do not know something, say so.",
        Caching = new AnswerCaching { Scope = AnswerScope.Owner, ReuseSamples = true, FirstTurnOnly = true },
        Knowledge = new Knowledge(
            "Hello, I am the assistant of this Troupe server.",
            [
                "Troupe hosts stateful LLM agents on .NET: nothing lost, nothing computed twice.",
                "A session is one conversation of one owner with one agent; it survives a restart of the server, also a killed one.",
                "A turn is one input and all that follows from it until the reply is complete.",
                "In durable mode a message and its reply are on disk before you are told; in batched mode they are saved within the save interval.",
                "To use a language model, set TROUPE_MODEL=openai with OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL, and start the server again.",
                "Any OpenAI-compatible endpoint works: OpenAI, Azure, vLLM, llama.cpp, Ollama, LM Studio, OpenRouter.",
                "Send an Idempotency-Key header with a request, and sending it again gives the same answer instead of a second turn.",
                "To stop a running turn, post to its cancel route; what was said until then is kept.",
                "To get a reply word by word, send the header Accept: text/event-stream; after a lost connection, send Last-Event-ID to go on.",
                "Every route is described in the document at /openapi/v1.json.",
                "Keys are made with a POST to /api/v1/keys by an admin; the token is shown once.",
            ]),
    };
}
