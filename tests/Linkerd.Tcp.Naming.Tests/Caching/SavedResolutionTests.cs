using System.Net;
using Linkerd.Tcp.Naming.Caching;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming.Tests.Caching;

/// <summary>Endpoints with the host or authority that they are known by.</summary>
public sealed class SavedResolutionTests
{
    [Fact]
    public void Parse_WhatWasPrinted_HasTheHosts()
    {
        var set = new EndpointSet(new EndpointGroup([.. Group("web").Endpoints, new WeightedAddress(IPEndPoint.Parse("10.0.0.9:80"))]));
        var printed = SavedResolution.Print(DstPath.Parse("/svc/web"), "", DateTimeOffset.UnixEpoch, set)!.Value;
        Assert.Equal(set, SavedResolution.Parse(printed).Endpoints);
        Assert.Equal(["10.0.0.1:80 of web", "10.0.0.9:80 of nobody"], Text(SavedResolution.Parse(printed).Endpoints));
    }

    [Fact]
    public void Parse_WhatWasPrinted_HasTheAuthorities()
    {
        EndpointMetadata?[] all = [new(authority: "web.consul"), new("web", "web.consul"), new("web"), null];
        var set = EndpointSet.Create(all.Select((metadata, i) => new WeightedAddress(new IPEndPoint(IPAddress.Loopback, 80 + i), metadata: metadata)));
        var printed = SavedResolution.Print(DstPath.Parse("/svc/web"), "", DateTimeOffset.UnixEpoch, set)!.Value;
        Assert.Equal(all, SavedResolution.Parse(printed).Endpoints.Groups[0].Endpoints.Select(endpoint => endpoint.Metadata));
    }

    [Fact]
    public void Parse_FileOfAVersionWithoutAuthorities_IsRead()
    {
        var file = """{"format":1,"name":"/svc/web","scope":"","saved":"2026-01-01T00:00:00Z","groups":[{"weight":1,"tier":0,"endpoints":[{"address":"10.0.0.1:80","weight":1,"host":"web"},{"address":"10.0.0.2:80","weight":1}]}]}"""u8;
        Assert.Equal([new EndpointMetadata("web"), null], SavedResolution.Parse(file.ToArray()).Endpoints.Groups[0].Endpoints.Select(endpoint => endpoint.Metadata));
    }

    private static EndpointGroup Group(string? host) =>
        new([new WeightedAddress(IPEndPoint.Parse("10.0.0.1:80"), metadata: host is null ? null : new EndpointMetadata(host))]);

    private static IEnumerable<string> Text(EndpointSet set) =>
        set.Groups.SelectMany(group => group.Endpoints).Select(endpoint => $"{endpoint.Address} of {endpoint.Metadata?.Host ?? "nobody"}");
}
