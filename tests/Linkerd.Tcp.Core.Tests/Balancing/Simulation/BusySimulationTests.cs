using Linkerd.Tcp.TestUtilities.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Simulation;

/// <summary>1,000 sessions a second.</summary>
public sealed class BusySimulationTests : BalanceSimulationTests
{
    [Theory]
    [MemberData(nameof(Names))]
    public void Run_ShortSessions_KeepsBounds(string name) => CheckBounds(name, BalanceLoad.Busy, seed: 1);

    [Theory]
    [InlineData("blackhole-1-of-10", 2)]
    [InlineData("rolling-restart", 3)]
    [InlineData("refuse-9-of-10", 1)]
    public void Run_LongSessions_KeepsBounds(string name, ulong seed) => CheckBounds(name, BalanceLoad.BusyAndLong, seed);
}
