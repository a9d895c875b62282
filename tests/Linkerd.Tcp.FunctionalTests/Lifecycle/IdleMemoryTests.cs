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

    [Fact]
    public async Task Idle_AfterManyAnswers_GarbageIsNotResident()
    {
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
