using System.Globalization;

namespace Troupe.Sessions;

/// <summary>How far a reader has come: the event id <c>turn.epoch.offset</c>. The offset counts UTF-16 code units of the reply.</summary>
public readonly record struct TurnPosition(long Turn, int Epoch, int Offset)
{
    /// <summary>Reads an event id.</summary>
    public static bool TryParse(string? text, out TurnPosition position)
    {
        position = default;
        if (text is null || text.Length > 64 || text.Split('.') is not [var turn, var epoch, var offset])
        {
            return false;
        }

        var good = long.TryParse(turn, NumberStyles.None, CultureInfo.InvariantCulture, out var turnNumber)
            & int.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var epochNumber)
            & int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber);
        position = new(turnNumber, epochNumber, offsetNumber);
        return good;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Turn}.{Epoch}.{Offset}");
}
