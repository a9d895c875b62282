using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>One session: gets a server connection as a proxy's session does, with the same deadline, and holds it.</summary>
internal sealed class BalanceSession(BalanceWorld world) : IRequester
{
    private readonly long _startedAt = world.Scheduler.NowTicks;
    private CancellationTokenSource _giveUp = null!;
    private ScheduledItem _deadline = null!;
    private EndpointLease _lease;
    private bool _isGivenUp;

    public TransportExecutor Executor { get; } = new BalanceClient(world.Scheduler);

    public bool IsGone => false;

    public bool HasInput => false;

    public bool TakesPreconnects => false;

    public IClientContext? Client => null;

    public async void Start()
    {
        _giveUp = world.TakeSource();
        _deadline = world.Scheduler.Schedule(BalanceWorld.ConnectTimeout, static session => ((BalanceSession)session!).GiveUp(), this);
        var deadline = _startedAt + BalanceWorld.ConnectTimeout.Ticks;
        var establishment = new Establishment(world.Dialer, world.Random, world.Scheduler.TimeProvider);
        Exception? error = null;
        world.Destination.Budget.OnSession();
        try
        {
            await establishment.RunAsync(world.Destination, world.Policy, this, deadline, _giveUp.Token).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            error = thrown;
        }

        await world.Scheduler.Resume();
        End(establishment, error);
    }

    private void End(Establishment establishment, Exception? error)
    {
        _deadline.Cancel();
        if (_isGivenUp)
        {
            world.Scheduler.EndAbsence();
        }

        world.ReturnSource(_giveUp);
        _lease = establishment.Lease;
        if (error is not null)
        {
            world.Fail(error);
        }
        else if (establishment.IsConnected)
        {
            world.Record.OnServed(((ServerAddress)_lease.Endpoint!.Address).Index, _startedAt, world.Scheduler.NowTicks);
            world.OnServed();
            _ = HoldAsync(establishment.Connection);
        }
        else
        {
            world.Record.OnFailed(establishment.Reason.Text, _startedAt, world.Scheduler.NowTicks);
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
