using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Transport;

/// <summary>One direction of a copy between connections of any engines: receive, send, until either ends.</summary>
internal static class Relay
{
    // After this many bytes without a pause a direction lets others have the thread: about 10 ms, as the runtime's own socket engine does. A turn of 1 MiB
    // cost a bulk stream 4 % in thread switches.
    private const int BytesPerTurn = 1 << 24;

    // On an event loop the others are the other connections of the loop: about 1 ms of encryption. 256 KiB cost a bulk stream 15 %.
    private const int BytesPerTurnOfLoop = 1024 * 1024;

    public static async Task RunAsync(TransportConnection source, TransportConnection destination, IRelayObserver observer)
    {
        RelayEnd end;
        try
        {
            end = await CopyAsync(source, destination, observer).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            observer.OnFaulted(error);
            return;
        }

        observer.OnEnded(end);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RelayEnd> CopyAsync(TransportConnection source, TransportConnection destination, IRelayObserver observer)
    {
        var clock = source.Executor.TimeProvider;
        var most = source.Executor is ThreadPoolExecutor ? BytesPerTurn : BytesPerTurnOfLoop;
        var inOneGo = 0;
        while (true)
        {
            var receiving = source.ReceiveAsync();
            if (!receiving.IsCompleted)
            {
                inOneGo = 0;
            }

            var received = await receiving.ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                return new(received.Status, AtDestination: false);
            }

            observer.OnReceived(clock.GetTimestamp());
            inOneGo += received.Data.Length;
            var sending = destination.SendFromAsync(source, received.Data);
            TransportStatus sent;
            if (sending.IsCompletedSuccessfully)
            {
                sent = sending.Result;
            }
            else
            {
                observer.OnBlocked();
                sent = await sending.ConfigureAwait(false);
                observer.OnUnblocked(clock.GetTimestamp());
                inOneGo = 0;
            }

            if (sent != TransportStatus.Ok)
            {
                return new(sent, AtDestination: true);
            }

            if (inOneGo >= most)
            {
                inOneGo = 0;
                await source.Executor.Yield();
            }
        }
    }
}
