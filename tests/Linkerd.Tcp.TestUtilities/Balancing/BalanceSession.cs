using Linkerd.Tcp.TestUtilities.Simulation;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>One session: gets a server connection as a proxy's session does, with the same deadline, and holds it.</summary>
internal sealed class BalanceSession(BalanceWorld world) : IConnectOwner
{
    private readonly long _startedAt = world.Scheduler.NowTicks;
    private CancellationTokenSource _giveUp = null!;
    private ScheduledItem _deadline = null!;
    private EndpointLease _lease;
    private bool _isGivenUp;

    public void Start()
    {
        _giveUp = world.TakeSource();
        _deadline = world.Scheduler.Schedule(BalanceWorld.ConnectTimeout, static session => ((BalanceSession)session!).GiveUp(), this);
        var deadline = _startedAt + BalanceWorld.ConnectTimeout.Ticks;
        world.Connector.Start(world.Destination, new BalanceClient(world.Scheduler), deadline, this, _giveUp.Token);
    }

    void IConnectOwner.OnConnectEnded(in ConnectOutcome outcome, Exception? error)
    {
        _deadline.Cancel();
        if (_isGivenUp)
        {
            world.Scheduler.EndAbsence();
        }

        world.ReturnSource(_giveUp);
        _lease = outcome.Lease;
        if (error is not null)
        {
            world.Fail(error);
        }
        else if (outcome.IsConnected)
        {
            world.Record.OnServed(((ServerAddress)_lease.Endpoint!.Address).Index, _startedAt, world.Scheduler.NowTicks);
            world.OnServed();
            _ = HoldAsync(outcome.Connection);
        }
        else
        {
            world.Record.OnFailed(outcome.Reason.Text, _startedAt, world.Scheduler.NowTicks);
            _lease.Complete();
        }
    }

    // Where the session pauses, the cancellation of the delay comes back by way of the thread pool; no time may pass on the way.
    private void GiveUp()
    {
        _isGivenUp = true;
        world.Scheduler.BeginAbsence();
        _giveUp.Cancel();
    }

    private async Task HoldAsync(TransportConnection connection)
    {
        var end = world.Scheduler.Schedule(world.Load.Holding, static connection => ((TransportConnection)connection!).Abort(), connection);
        var received = await connection.ReceiveAsync().ConfigureAwait(false);
        end.Cancel();
        await connection.DisposeAsync().ConfigureAwait(false);
        _lease.Complete();
        if (received.Status != TransportStatus.Aborted)
        {
            world.Record.Killed++;
        }
    }
}
