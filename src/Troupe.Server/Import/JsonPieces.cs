using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Troupe.Server.Import;

/// <summary>Reads a large JSON array or object piece by piece, so that memory holds one piece and not the file.</summary>
/// <param name="into">Members of the root whose own members or elements are the pieces.</param>
internal sealed class JsonPieces(params string[] into)
{
    public const int MaxDepth = 64;

    /// <summary>The most that a piece, or a file that is one conversation, may have.</summary>
    public const int MaxPieceBytes = 256 << 20;

    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private bool _isFinal;
    private bool _isInside;
    private string? _member;
    private string? _name;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MaxDepth });

    /// <summary>The pieces of a stream.</summary>
    /// <exception cref="JsonException">The text is not JSON; the message has the place.</exception>
    /// <exception cref="UnreadableException">A piece is too large.</exception>
    public async IAsyncEnumerable<JsonPiece> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            while (Next() is { } piece)
            {
                yield return piece;
            }

            if (_isFinal)
            {
                yield break;
            }

            await FillAsync(stream, cancellationToken);
        }
    }

    private async Task FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxPieceBytes)
            {
                throw new UnreadableException(string.Create(CultureInfo.InvariantCulture, $"A part is larger than {MaxPieceBytes >> 20} MiB. Split it."));
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        while (_end < _buffer.Length && !_isFinal)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += read;
            _isFinal = read == 0;
        }
    }

    /// <summary>The next piece; null when more must be read first, or at the end.</summary>
    private JsonPiece? Next()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isFinal, _state);
        while (true)
        {
            var before = reader;
            if (!reader.Read())
            {
                Keep(before);
                return null;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject when reader.CurrentDepth == 0:
                case JsonTokenType.EndArray or JsonTokenType.EndObject when reader.CurrentDepth == 0:
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    _isInside = false;
                    break;
                case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                    _member = reader.GetString();
                    _name = null;
                    break;
                case JsonTokenType.PropertyName:
                    _name = reader.GetString();
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth == 1 && _member is not null && into.Contains(_member):
                    _isInside = true;
                    break;
                default:
                    var from = (int)reader.TokenStartIndex;
                    if (!reader.TrySkip())
                    {
                        Keep(before);
                        return null;
                    }

                    var value = JsonElement.Parse(_buffer.AsSpan(_start + from, (int)reader.BytesConsumed - from), new JsonDocumentOptions { MaxDepth = MaxDepth });
                    Keep(reader);
                    return new JsonPiece(_isInside ? _name : _member, _isInside, value);
            }
        }
    }

    private void Keep(in Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }
}
