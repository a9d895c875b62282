namespace Linkerd.Tcp;

/// <summary>
/// Gets a session its server connection: picks, connects, and on failure tries another endpoint at once, within the destination's retry budget. Waits
/// in the destination's queue for a first resolution or a free place. The deadline is the caller's: it cancels the token.
/// </summary>
/// <param name="transport">What connects.</param>
/// <param name="tcp">How server connections are set up, where the destination does not say.</param>
/// <param name="defaults">The policy, where the destination has none.</param>
/// <param name="instruments">Where attempts are counted.</param>
/// <param name="random">Where back-off's jitter comes from.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed partial class Connector(
    ITransport transport, TcpOptions tcp, ConnectPolicy defaults, ConnectInstruments instruments, IRandomSource random, TimeProvider timeProvider)
{
    public const long NoDeadline = long.MaxValue;

    /// <summary>The policy of a destination.</summary>
    public ConnectPolicy PolicyOf(Destination destination) => destination.Connect ?? defaults;

    /// <summary>Starts to connect; the owner is told of the end, on the client's executor.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="client">For whom.</param>
    /// <param name="deadline">The timestamp after which nobody waits for the result, or <see cref="NoDeadline"/>.</param>
    /// <param name="owner">Who is told.</param>
    /// <param name="cancellationToken">Cancelled at the deadline, and when the session ends for another reason.</param>
    public void Start(Destination destination, TransportConnection client, long deadline, IConnectOwner owner, CancellationToken cancellationToken) =>
        _ = RunAsync(destination, client, deadline, owner, isFresh: false, cancellationToken);

    // One asynchronous method, whose state is all that a session holds while it connects: what stands in the progress is not held a second time.
    private async Task RunAsync(
        Destination destination, TransportConnection client, long deadline, IConnectOwner owner, bool isFresh, CancellationToken cancellationToken)
    {
        var progress = new ConnectProgress
        {
            Destination = destination,
            Policy = PolicyOf(destination),
            Client = client,
            Deadline = deadline,
            CancellationToken = cancellationToken,
        };
        Exception? fault = null;
        if (!isFresh)
        {
            destination.Budget.OnSession();
        }

        try
        {
            var step = !isFresh && TryTakeWarm(ref progress) ? ConnectStep.Stop : ConnectStep.Pick;
            while (step != ConnectStep.Stop)
            {
                switch (step)
                {
                    case ConnectStep.Pick:
                        // Waiting and connecting may complete elsewhere; a balancer is asked where the client lives.
                        await progress.TakeTurn();
                        step = Pick(ref progress);
                        break;
                    case ConnectStep.Wait:
                        await progress.Waiter!.Task.ConfigureAwait(false);
                        step = AfterWait(ref progress);
                        break;
                    case ConnectStep.Pause:
                        step = await Pause.WaitAsync(progress.Pause, progress.Client.Executor, timeProvider, progress.CancellationToken).ConfigureAwait(false)
                            ? ConnectStep.Pick
                            : ConnectStep.Stop;
                        break;
                    default:
                        instruments.Attempted();
                        progress.Last = await transport.ConnectAsync(
                            progress.Lease.Endpoint!.Address, OptionsOf(ref progress), progress.CancellationToken).ConfigureAwait(false);
                        if (IsSelf(progress.Last))
                        {
                            progress.Last = await RefuseSelfAsync(progress.Last).ConfigureAwait(false);
                        }

                        step = AfterConnect(ref progress);
                        break;
                }
            }
        }
        catch (Exception error)
        {
            // A balancer or a transport of somebody else's.
            fault = error;
            progress.Lease.Complete();
        }

        try
        {
            await progress.Client.Executor.Resume();
        }
        catch (Exception error)
        {
            // The owner waits for the end, wherever it is told of it.
            fault ??= error;
        }

        owner.OnConnectEnded(OutcomeOf(ref progress), fault);
    }

    private static async ValueTask<ConnectResult> RefuseSelfAsync(ConnectResult result)
    {
        result.Connection!.Abort();
        await result.Connection.DisposeAsync().ConfigureAwait(false);
        return ConnectResult.Failed(ConnectFailure.Refused, "the connection met itself: nothing listens there");
    }
}
