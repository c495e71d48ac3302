using Troupe.Sessions;

namespace Troupe.Tests.Sessions;

/// <summary>A client that follows turns: it keeps the text of each as the events say, and fails at a gap or a repeat.</summary>
internal sealed class TurnReader
{
    /// <summary>The text of each turn so far.</summary>
    public Dictionary<long, string> Texts { get; } = [];

    /// <summary>The results of the turns whose end was told, in order.</summary>
    public List<TurnResult> Ends { get; } = [];

    public List<TurnEvent> Events { get; } = [];

    /// <summary>Where the reader stands; null before the first event.</summary>
    public TurnPosition? Position { get; private set; }

    public void Take(TurnEvent happened)
    {
        Events.Add(happened);
        var number = happened.Position.Turn;
        switch (happened)
        {
            case TurnEvent.Started:
                Texts[number] = "";
                break;

            case TurnEvent.Delta delta:
                Assert.Equal(Texts[number].Length, delta.Offset);
                Texts[number] += delta.Text;
                break;

            case TurnEvent.Snapshot snapshot:
                Texts[number] = snapshot.Text;
                break;

            case TurnEvent.Ended ended:
                Ends.Add(ended.Result);
                break;
        }

        Position = happened.Position;
        Assert.Equal(Texts[number].Length, happened.Position.Offset);
    }

    /// <summary>Reads until something has been seen, or to the end.</summary>
    public async Task ReadAsync(IAsyncEnumerable<TurnEvent> events, Func<TurnEvent, bool>? until = null)
    {
        await foreach (var happened in events)
        {
            Take(happened);
            if (until?.Invoke(happened) == true)
            {
                return;
            }
        }
    }
}
