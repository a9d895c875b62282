using Linkerd.Tcp.Cli.Running;

namespace Linkerd.Tcp.FunctionalTests.Lifecycle;

/// <summary>The memory that stays resident while there is nothing to do.</summary>
[Trait("Category", "AnyTransport")]
public sealed class IdleMemoryTests
{
    private const string Smaps = """
        00400000-00535000 r--p 00000000 08:01 1234                               /opt/linkerd-tcp
        Size:               1236 kB
        Anonymous:             0 kB
        VmFlags: rd mr mw me
        00535000-01031000 r-xp 00135000 08:01 1234                               /opt/linkerd-tcp
        Anonymous:             0 kB
        01031000-01033000 r--p 00c31000 08:01 1234                               /opt/linkerd-tcp
        Anonymous:             8 kB
        01033000-01040000 rw-p 00c33000 08:01 1234                               /opt/linkerd-tcp
        Anonymous:             0 kB
        01040000-01050000 r--s 00c33000 08:01 1234                               /opt/linkerd-tcp
        Anonymous:             0 kB
        7f0000000000-7f0000010000 r-xp 00000000 08:01 99                         /usr/lib/other-linkerd-tcp
        Anonymous:             0 kB
        7f0000010000-7f0000020000 r-xp 00000000 00:00 0
        Anonymous:             0 kB
        """;

    [Fact]
    public void FindUnchanged_Smaps_OnlyCleanUnwritableMappingsOfTheFile() => Assert.Equal(
        [((nint)0x400000, (nint)0x135000), (0x535000, 0xafc000)],
        ExecutablePages.FindUnchanged(Smaps.Split('\n'), "/opt/linkerd-tcp"));

    // What is allocated is in KB since the last time, and the processor time in ms.
    [Theory]
    [InlineData(0, 1024, 0, false, "less than 2 MB is not worth it")]
    [InlineData(0, 4096, 400, true, "few sessions: they may be busy")]
    [InlineData(4000, 4096, 1, false, "less than 2 KB for each session")]
    [InlineData(4000, 16_384, 1, true, "2 KB for each session, and the process has nothing to do")]
    [InlineData(4000, 16_384, 400, false, "thousands of sessions, and the process is busy")]
    [InlineData(20_000, 131_072, 1, false, "it would take too long")]
    public void IsDue_NothingIsAllocatedAnyMore_DependsOnTheSessions(int sessions, long kilobytes, int busy, bool isDue, string why)
    {
        var decision = new TrimDecision();
        Assert.True(decision.IsDue(0, 0, TimeSpan.Zero), "after the start");

        // Not while they come, and not twice.
        var allocated = kilobytes << 10;
        Assert.False(decision.IsDue(sessions, allocated, TimeSpan.FromMilliseconds(400)), why);
        Assert.True(isDue == decision.IsDue(sessions, allocated, TimeSpan.FromMilliseconds(400 + busy)), why);
        Assert.False(isDue && decision.IsDue(sessions, allocated, TimeSpan.FromMilliseconds(400 + (2 * busy))), why);
    }

    [Theory]
    [InlineData(4000, 1000, true)]
    [InlineData(4000, 1001, false)]
    [InlineData(1200, 300, false)]
    public void IsDue_CrowdLeaves_EvenIfTheRestIsBusy(int most, int sessions, bool isDue)
    {
        var decision = new TrimDecision();
        Assert.True(decision.IsDue(0, 0, TimeSpan.Zero));
        Assert.False(decision.IsDue(most, 1 << 20, TimeSpan.FromSeconds(1)));
        Assert.Equal(isDue, decision.IsDue(sessions, 3 << 20, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Idle_AfterManyAnswers_GarbageIsNotResident()
    {
        Assert.SkipUnless(Executable.IsPublished, "a runtime that compiles as it goes keeps that code as well; LINKERD_TCP_EXE names no native executable");
        await using var admin = await AdminProcess.StartAsync("127.0.0.1:1");
        await admin.GetAsync("/metrics");
        var resident = new ResidentMemory(admin.Proxy);
        for (var i = 0; i < 300; i++)
        {
            await admin.GetAsync("/metrics");
        }

        // Without it, the garbage of these answers is about 20 MB.
        await Eventually.IsTrueAsync(() => resident.Growth < 6 << 20, resident.ToString);
        Assert.Equal("ready\n", await admin.GetAsync("/ready"));
    }
}
