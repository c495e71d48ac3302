using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using Troupe.Storage;

namespace Troupe.Sqlite;

/// <summary>Rows to records.</summary>
internal static partial class SqliteRows
{
    public const string SessionColumns = "no, id, owner, agent, durability, title, archived, head, head_after, created_at, updated_at, origin";
    public const string EntryColumns = "seq, parent, turn_no, role, at, body, data";
    public const string TurnColumns =
        "no, key, body_hash, state, epoch, input, requested_parent, model, user_seq, reply_seq, input_tokens, output_tokens, cached, error, merged_into, at, cost";

    public static SessionRecord ReadSession(SqliteDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Id = row.GetString(1),
        Owner = row.GetString(2),
        Agent = row.GetString(3),
        Durability = (Durability)row.GetInt32(4),
        Title = row.IsDBNull(5) ? null : row.GetString(5),
        Archived = row.GetInt64(6) != 0,
        Head = row.GetInt32(7),
        HeadAfter = row.GetInt32(8),
        CreatedAt = ReadTime(row, 9),
        UpdatedAt = ReadTime(row, 10),
        Origin = row.IsDBNull(11) ? null : row.GetString(11),
    };

    public static Entry ReadEntry(SqliteDataReader row) => new(
        row.GetInt32(0), row.GetInt32(1), row.GetInt64(2), (EntryRole)row.GetInt32(3), ReadTime(row, 4), row.GetString(5),
        row.IsDBNull(6) ? null : row.GetString(6));

    public static TurnRecord ReadTurn(SqliteDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Key = ReadHash(row, 1),
        BodyHash = ReadHash(row, 2),
        State = (TurnState)row.GetInt32(3),
        Epoch = row.GetInt32(4),
        Input = row.IsDBNull(5) ? null : row.GetString(5),
        RequestedParent = row.IsDBNull(6) ? null : row.GetInt32(6),
        Model = row.IsDBNull(7) ? null : row.GetString(7),
        UserSeq = row.GetInt32(8),
        ReplySeq = row.GetInt32(9),
        InputTokens = row.GetInt64(10),
        OutputTokens = row.GetInt64(11),
        Cached = row.GetInt64(12) != 0,
        Error = row.IsDBNull(13) ? null : row.GetString(13),
        MergedInto = row.GetInt64(14),
        At = ReadTime(row, 15),
        CostMicros = row.GetInt64(16),
    };

    public static Receipt ReadReceipt(SqliteDataReader row) => new()
    {
        Owner = row.GetString(0),
        Key = ReadHash(row, 1)!.Value,
        BodyHash = ReadHash(row, 2)!.Value,
        Made = row.GetString(3),
        At = ReadTime(row, 4),
    };

    public static Document ReadDocument(SqliteDataReader row) => new()
    {
        Kind = row.GetString(0),
        Owner = row.GetString(1),
        Id = row.GetString(2),
        Version = row.GetInt64(3),
        Link = row.IsDBNull(4) ? null : row.GetString(4),
        Body = row.GetString(5),
        UpdatedAt = ReadTime(row, 6),
    };

    public static byte[] Blob(UInt128 value)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return bytes;
    }

    public static string Write(KeyRecord key) => JsonSerializer.Serialize(key, RowsJson.Default.KeyRecord);

    public static KeyRecord ReadKey(string body) => JsonSerializer.Deserialize(body, RowsJson.Default.KeyRecord)!;

    private static UInt128? ReadHash(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : BinaryPrimitives.ReadUInt128BigEndian(row.GetFieldValue<byte[]>(column));

    private static DateTimeOffset ReadTime(SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    [JsonSerializable(typeof(KeyRecord))]
    private sealed partial class RowsJson : JsonSerializerContext;
}
