using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>When files are loaded, and what becomes of what a load gives.</summary>
public sealed class CertificateSlotTests : IDisposable
{
    private static readonly CertificateProblem Unreadable = new(CertificateFailure.Unreadable, string.Empty, "x: too many open files");
    private static readonly CertificateProblem Malformed = new(CertificateFailure.Malformed, string.Empty, "x: damaged");
    private readonly FakeTimeProvider _time = new(IdentityFixture.Now);
    private readonly LogRecorder _log = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly Item _good = new("good");
    private Func<CertificateLoad<ILoadedCertificates>> _load;
    private int _loads;

    public CertificateSlotTests() => _load = () => new(_good, null);

    [Fact]
    public void Poll_UnreadableFile_IsTriedAgainEveryMinuteAndLoggedOnce()
    {
        var slot = NewSlot();
        _load = () => new(null, Unreadable);
        Change();
        Poll(slot, seconds: 200);
        Assert.Equal((1 + 1 + 3, 1), (_loads, _log.Count(6103)));
        Assert.Same(_good, slot.Current);

        var next = new Item("next");
        _load = () => new(next, null);
        Poll(slot, seconds: 60);
        Assert.Same(next, slot.Current);
        Assert.Null(slot.Problem);
    }

    [Fact]
    public void Poll_MalformedFile_IsTriedAgainWhenItChanges()
    {
        var slot = NewSlot();
        _load = () => new(null, Malformed);
        Change();
        Poll(slot, seconds: 200);
        Assert.Equal((2, 1), (_loads, _log.Count(6103)));
        Change();
        Poll(slot, seconds: 2);
        Assert.Equal((3, 1), (_loads, _log.Count(6103)));
    }

    [Fact]
    public void Poll_FileThatChangesWhileItIsRead_IsNoFailure()
    {
        var slot = NewSlot();
        _load = () =>
        {
            Change();
            _load = () => new(new Item("next"), null);
            return new(null, Malformed);
        };
        Change();
        Poll(slot, seconds: 4);

        Assert.Equal(("next", 3, 0), (slot.Current.Thumbprint, _loads, _log.Count(6103)));
    }

    [Fact]
    public void Poll_LoadThatThrows_IsAFailureAndNothingElse()
    {
        var slot = NewSlot();
        _load = () => throw new InvalidOperationException("surprise");
        Change();
        Poll(slot, seconds: 2);

        Assert.Same(_good, slot.Current);
        Assert.Equal(("unreadable", "Identities[0]: InvalidOperationException: surprise"), (slot.Problem!.Cause, slot.Problem.Message));
    }

    [Fact]
    public void Poll_FileThatIsTheOldOneAgain_IsNoFailureAndNoReplacement()
    {
        var slot = NewSlot();
        _load = () => new(null, Malformed);
        Change();
        Poll(slot, seconds: 2);
        _load = () => new(new Item("good"), null);
        Change();
        Poll(slot, seconds: 2);

        Assert.Same(_good, slot.Current);
        Assert.Null(slot.Problem);
        Assert.Equal(2, _log.Count(6101));
    }

    public void Dispose() => _directory.Dispose();

    private CertificateSlot NewSlot()
    {
        _directory.Write("x", "0");
        return new(
            "Identities[0]",
            [_directory["x"]],
            _ =>
            {
                _loads++;
                return _load();
            },
            new(_time, _log));
    }

    private void Change() => _directory.Write("x", File.ReadAllText(_directory["x"]) + "x");

    private void Poll(CertificateSlot slot, int seconds)
    {
        for (var i = 0; i < 2 * seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            slot.Poll(isForced: false);
        }
    }

    private sealed class Item(string thumbprint) : ILoadedCertificates
    {
        public string File => "x";

        public DateTimeOffset NotBefore => DateTimeOffset.MinValue;

        public DateTimeOffset NotAfter => DateTimeOffset.MaxValue;

        public string Thumbprint => thumbprint;

        public IReadOnlyList<string> Warnings => [];

        public bool IsSame(ILoadedCertificates other) => other.Thumbprint == thumbprint;
    }
}
