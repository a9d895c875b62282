namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>One end of a short stream both ways whose every byte is compared.</summary>
internal sealed unsafe class VerifyingPeer(TrafficState traffic) : StreamPeer(traffic)
{
    /// <summary>More than all buffers on the way hold, and no multiple of anything.</summary>
    public const int Length = 20_000_003;

    private int _sent;

    private bool IsComplete => _sent == Length && Received == Length;

    public override void Begin(ReadOnlySpan<byte> first) => Compare(first);

    protected override bool HasMoreToSend() => _sent < Length;

    protected override nint Send(out int asked)
    {
        var at = _sent % Buffers.PatternLength;
        asked = Math.Min(Math.Min(Length - _sent, Buffers.PatternLength - at), Buffers.ScratchLength);
        var sent = SendBytes(Buffers.Pattern + at, asked);
        _sent += (int)Math.Max(0, sent);
        CountWhenComplete();
        return sent;
    }

    protected override nint Receive(out int asked)
    {
        asked = Buffers.ScratchLength;
        var received = ReceiveBytes(Buffers.Scratch, asked);
        if (received > 0)
        {
            Compare(new(Buffers.Scratch, (int)received));
        }

        return received;
    }

    protected override void OnEnd()
    {
        if (IsComplete)
        {
            Traffic.Loop.Close(this);
        }
        else
        {
            Fail("verification: closed by the proxy");
        }
    }

    private void Compare(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var at = (int)(Received % Buffers.PatternLength);
            var expected = new ReadOnlySpan<byte>(Buffers.Pattern + at, Math.Min(bytes.Length, Buffers.PatternLength - at));
            if (Received + expected.Length > Length || !bytes[..expected.Length].SequenceEqual(expected))
            {
                Fail("verification: bytes differ from what was sent");
                return;
            }

            Received += expected.Length;
            bytes = bytes[expected.Length..];
        }

        CountWhenComplete();
    }

    private void CountWhenComplete()
    {
        if (IsComplete)
        {
            Traffic.VerifiedEnds++;
            Traffic.Loop.Stop();
        }
    }
}
