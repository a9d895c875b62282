using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <content>Soft evidence: how its sessions end, and what its active check says.</content>
public sealed partial class ServerEndpoint
{
    // The breaker's, to be read without the lock.
    private int _causes;

    /// <summary>Whether it is ejected because its active check says that it is down.</summary>
    internal bool IsDown => ((EjectionCause)Volatile.Read(ref _causes) & EjectionCause.Check) != 0;

    /// <summary>Whether it is ejected, for whatever cause.</summary>
    internal bool IsEjected => (Gate & AdmissionGate.Ejected) != 0;

    /// <summary>Has somebody told of what happens to it, and to the others of its balancer.</summary>
    internal void ObserveWith(IEndpointObserver? observer) => _policy.Observer = observer;

    /// <summary>A connection to it has ended.</summary>
    internal void OnClosed(in ConnectionReport report)
    {
        var options = _policy.Options.Breaker;
        if (options.EarlyCloses == 0)
        {
            return;
        }

        if (report.BytesFromServer > 0 || report.OpenFor > options.EarlyCloseWindow)
        {
            ForgetEarlyCloses();
        }
        else if (report.EndedByServer)
        {
            CountEarlyClose(options.EarlyCloses);
        }
    }

    /// <summary>Its check has failed so often that it counts as down.</summary>
    /// <returns>Whether it is ejected for that; false where it is the only one, or as many are ejected as soft evidence may.</returns>
    internal bool MarkDown()
    {
        lock (_policy.Lock)
        {
            var was = _breaker.IsEjected;
            if (!IsDown && !_policy.MayEjectSoftly(was))
            {
                return false;
            }

            _breaker.AddCause(EjectionCause.Check);
            NoteEjection(was);
            return true;
        }
    }

    /// <summary>Its check has passed so often that it counts as up. What is known of it from elsewhere still holds, but may be put to the test at once.</summary>
    internal void MarkUp()
    {
        lock (_policy.Lock)
        {
            if (!_breaker.IsEjected)
            {
                return;
            }

            var now = _policy.Now;
            _breaker.Clear(EjectionCause.Check, now);
            _breaker.AllowProbe(now);
            if (!_breaker.IsEjected)
            {
                StartRecovery(now);
            }

            NoteEjection(was: true);
        }

        _policy.NotifyChanged();
    }

    private void ForgetEarlyCloses()
    {
        if (_breaker.EarlyCloses != 0)
        {
            lock (_policy.Lock)
            {
                _breaker.EarlyCloses = 0;
            }
        }
    }

    private void CountEarlyClose(int most)
    {
        lock (_policy.Lock)
        {
            // Those of a panic, and those from before, say nothing new of one that is ejected.
            if (!_breaker.IsEjected && ++_breaker.EarlyCloses >= most && _policy.MayEjectSoftly(isEjected: false))
            {
                Eject(EjectionCause.EarlyCloses, _policy.Now);
            }
        }
    }

    /// <summary>Tells of causes that came or went. Under the policy's lock.</summary>
    private void NoteCauses()
    {
        var before = (EjectionCause)_causes;
        var after = _breaker.Causes;
        if (before != after)
        {
            Volatile.Write(ref _causes, (int)after);
            _policy.NoteCauses(this, before, after);
        }
    }
}
