using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>One direction of a connection in memory. Whole records go through it, and are changed on their way by edits.</summary>
/// <param name="destination">The socket at its end.</param>
/// <param name="edits">Groups of <see cref="EditLength"/> bytes: direction, phase and operation; the record; the place in it; and an operand.</param>
/// <param name="direction">The direction whose edits are made here: 0 or 1.</param>
internal sealed class RecordWire(LayerSocket destination, byte[] edits, int direction)
{
    public const int EditLength = 4;
    private const int Header = 5;

    // Places from here on are counted from the end.
    private const int Tail = 200;

    private readonly List<byte> _partial = [];
    private byte[]? _held;
    private int _record;

    /// <summary>Whether the records are those behind the handshake. Set by the sender; the count of records begins again.</summary>
    public bool IsStream
    {
        get;
        set
        {
            _record = value == field ? _record : 0;
            field = value;
        }
    }

    /// <summary>The end that an edit has made; null: none.</summary>
    public TransportStatus? End { get; private set; }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        _partial.AddRange(bytes);
        while (_partial.Count >= Header)
        {
            var length = Header + ((_partial[3] << 8) | _partial[4]);
            if (_partial.Count < length)
            {
                return;
            }

            var record = _partial.GetRange(0, length);
            _partial.RemoveRange(0, length);
            Pass(record);
            _record++;
        }
    }

    /// <summary>The sender ends its stream.</summary>
    public void SendEnd(TransportStatus end)
    {
        if (End is null)
        {
            Deliver([]);
            Deliver([.. _partial]);
            destination.ArriveEnd(end);
        }
    }

    private void Pass(List<byte> record)
    {
        var times = 1;
        var isHeld = false;
        for (var at = 0; at + EditLength <= edits.Length; at += EditLength)
        {
            var (kind, place, operand) = (edits[at], edits[at + 2], edits[at + 3]);
            if ((kind & 1) != direction || ((kind & 2) != 0) != IsStream || edits[at + 1] % 16 != _record || record.Count == 0)
            {
                continue;
            }

            var offset = Math.Clamp(place < Tail ? place : record.Count - (256 - place), 0, record.Count - 1);
            switch ((kind >> 2) & 7)
            {
                case 0:
                    record[offset] ^= operand;
                    break;
                case 1:
                    record[offset] = operand;
                    break;
                case 2:
                    record.InsertRange(offset, Enumerable.Repeat(place, operand & 31));
                    break;
                case 3:
                    record.RemoveRange(offset, Math.Min(record.Count - offset, operand));
                    break;
                case 4:
                    times = 1 + (operand & 3);
                    break;
                case 5:
                    times = 0;
                    break;
                case 6:
                    isHeld = true;
                    break;
                default:
                    Deliver([.. record[..offset]]);
                    End ??= (operand & 1) == 0 ? TransportStatus.Ok : TransportStatus.Reset;
                    destination.ArriveEnd(End.Value);
                    return;
            }
        }

        byte[] changed = [.. Enumerable.Repeat(record, times).SelectMany(static record => record)];
        if (isHeld && _held is null)
        {
            _held = changed;
        }
        else
        {
            Deliver(changed);
        }
    }

    private void Deliver(byte[] bytes)
    {
        if (End is null)
        {
            destination.Arrive(bytes);
            destination.Arrive(_held);
            _held = null;
        }
    }
}
