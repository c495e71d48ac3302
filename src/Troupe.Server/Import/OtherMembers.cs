using System.Text.Json;
using Troupe.Sessions;

namespace Troupe.Server.Import;

/// <summary>Members of a file that are of no conversation, such as a version. Short ones go with each conversation that follows; a long one goes with the
/// next, because in each of thousands it would be more than the file.</summary>
internal sealed class OtherMembers
{
    private const int MaxShort = 1000;

    private readonly UnknownMembers _short = new();
    private UnknownMembers _long = new();
    private UnknownMembers _fresh = new();
    private int _shortLength;

    public void Add(string name, JsonElement value)
    {
        var length = name.Length + value.GetRawText().Length;
        var isShort = _shortLength + length <= MaxShort;
        _shortLength += isShort ? length : 0;
        (isShort ? _short : _long).Add(name, value, 0);
        _fresh.Add(name, value, 0);
    }

    /// <summary>The conversation with what goes with it.</summary>
    public ImportItem Join(ImportItem item)
    {
        IReadOnlyList<string> notes = [.. _short.Notes(Session.MaxTextLength), .. _long.Notes(Session.MaxTextLength)];
        (_long, _fresh) = (new(), new());
        return With(item, notes);
    }

    /// <summary>The last conversation with what stood behind it.</summary>
    public ImportItem JoinRest(ImportItem last) => With(last, _fresh.Notes(Session.MaxTextLength));

    private static ImportItem With(ImportItem item, IReadOnlyList<string> notes) => item is ImportItem.Taken taken && notes.Count > 0
        ? taken with { Conversation = taken.Conversation with { Unknown = [.. taken.Conversation.Unknown, .. notes] } } : item;
}
