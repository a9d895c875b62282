namespace Linkerd.Tcp.FunctionalTests;

/// <summary>One session of a soak: what is to happen in it, and what its two peers saw.</summary>
internal sealed class SoakSession
{
    /// <summary>What a client begins with, to say which session this is.</summary>
    public const int HeaderLength = sizeof(long);

    /// <summary>A message of a ping-pong.</summary>
    public const int MessageLength = 64;

    public SoakSession(long id, Random random)
    {
        Id = id;
        IsPingPong = random.Next(2) == 0;
        if (IsPingPong)
        {
            Up = Down = MessageLength * (long)random.Next(1, 100);
        }
        else
        {
            // Up, down, or both.
            var ways = random.Next(1, 4);
            Up = (ways & 1) != 0 ? random.Next(128 << 10, 4 << 20) : 0;
            Down = (ways & 2) != 0 ? random.Next(128 << 10, 4 << 20) : 0;
            SlowReader = random.Next(4) == 0 ? (Side)random.Next(1, 3) : Side.Nobody;
        }

        if (random.Next(2) == 0)
        {
            ResetBy = (Side)random.Next(1, 3);
            ResetAt = random.NextInt64(1, HeaderLength + Up + Down);
        }
    }

    internal enum Side
    {
        Nobody,
        Client,
        Server,
    }

    public long Id { get; }

    /// <summary>Message by message, or all at once.</summary>
    public bool IsPingPong { get; }

    /// <summary>Bytes that the client is to send after the header.</summary>
    public long Up { get; }

    /// <summary>Bytes that the server is to send.</summary>
    public long Down { get; }

    public Side SlowReader { get; }

    /// <summary>Who resets the connection in the middle.</summary>
    public Side ResetBy { get; }

    /// <summary>After how many bytes sent and received by that side.</summary>
    public long ResetAt { get; }

    public int ClientPort { get; set; }

    public SoakPeer? Client { get; set; }

    /// <summary>Null where the header never came to the server.</summary>
    public SoakPeer? Server { get; set; }

    public bool EndedInOrder => Client is { EndedInOrder: true } && Server is { EndedInOrder: true };

    public override string ToString() =>
        $"session {Id} from port {ClientPort}: {(IsPingPong ? "ping-pong" : "bulk")}, {Up} up, {Down} down, slow: {SlowReader}, reset by {ResetBy} at {ResetAt}; client {Client}; server {Server}";
}
