using System.Buffers.Binary;
using System.Text;

namespace Troupe.Server.Tests.Telemetry;

/// <summary>A message of Protocol Buffers by its field numbers, as much as OTLP needs.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, ulong Number, byte[]? Bytes)> _fields = [];

    public ProtobufMessage(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var tag = Varint(ref bytes);
            var field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((field, Varint(ref bytes), null));
                    break;
                case 1:
                    _fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(bytes), null));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add((field, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(bytes), null));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} of field {field} is not known.");
            }
        }
    }

    public IEnumerable<ProtobufMessage> All(int field) => _fields.Where(f => f.Field == field).Select(f => new ProtobufMessage(f.Bytes!));

    public ProtobufMessage? One(int field) => All(field).FirstOrDefault();

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field));

    public ulong Number(int field) => _fields.FirstOrDefault(f => f.Field == field).Number;

    public bool Has(int field) => _fields.Exists(f => f.Field == field);

    /// <summary>OTLP's list of keys and values; numbers and lists as text.</summary>
    public Dictionary<string, string> Attributes(int field) => All(field).ToDictionary(a => a.Text(1), a => ValueOf(a.One(2)!), StringComparer.Ordinal);

    private static string ValueOf(ProtobufMessage value) =>
        value.Has(1) ? value.Text(1)
        : value.Has(3) ? $"{(long)value.Number(3)}"
        : value.Has(5) ? string.Join(',', value.One(5)!.All(1).Select(ValueOf))
        : "?";

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private byte[] Bytes(int field) => _fields.FirstOrDefault(f => f.Field == field).Bytes ?? [];
}
