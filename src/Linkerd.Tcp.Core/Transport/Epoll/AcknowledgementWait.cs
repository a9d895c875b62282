namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Waits for the peer's acknowledgement of all that was sent, by polling: the kernel has no event for it.</summary>
internal static class AcknowledgementWait
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastPoll = TimeSpan.FromMilliseconds(50);

    public static async ValueTask<bool> RunAsync(EpollConnection connection)
    {
        for (var poll = FirstPoll; ; poll = poll * 2 < LastPoll ? poll * 2 : LastPoll)
        {
            connection.SendDeferredFin();
            if (connection.IsClosed)
            {
                return false;
            }

            if (connection.IsUnix && !connection.HasLayerOutput)
            {
                // The sent bytes are in the peer's queue already, and closing leaves them there.
                return !connection.IsReset;
            }

            // In this order: a connection that died in between still shows in the second.
            var unacknowledged = SocketOptions.Unacknowledged(connection.Descriptor);
            if (connection.IsReset)
            {
                return false;
            }

            if (unacknowledged == 0 && !connection.HasLayerOutput)
            {
                return true;
            }

            await connection.Loop.Delay(poll);
        }
    }
}
