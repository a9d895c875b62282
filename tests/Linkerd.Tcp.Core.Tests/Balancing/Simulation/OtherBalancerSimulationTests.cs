using Linkerd.Tcp.TestUtilities.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Simulation;

/// <summary>What every balancer promises, whatever its algorithm: 100 sessions a second.</summary>
public sealed class OtherBalancerSimulationTests : BalanceSimulationTests
{
    public static MatrixTheoryData<string, string> Runs => new(
        BalanceRun.Balancers.Keys.Where(static name => name != BalanceRun.Default), BalanceCases.All.Select(static @case => @case.Name));

    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_ShortSessions_KeepsBounds(string balancer, string name) => CheckBounds(name, BalanceLoad.Quiet, seed: 1, balancer);
}
