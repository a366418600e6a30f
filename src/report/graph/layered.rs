//! Nodes and the lanes of long edges in layers, as they are ordered and placed.

/// How wide the lane of a long edge is.
const LANE: i64 = 10;

/// How much a node resists being pushed aside; a lane as much as its edge pulls.
const NODE: i64 = 16;

/// What is laid out.
pub(super) struct Nodes<'n> {
    /// Width and height of each node.
    pub(super) sizes: &'n [(i64, i64)],
    /// The layer of each node.
    pub(super) levels: &'n [usize],
    /// Edges from an upper layer to a lower one, each with the strength with which it pulls.
    pub(super) edges: &'n [(usize, usize, i64)],
    /// The layer above which a line is drawn.
    pub(super) line_above: Option<usize>,
}

/// A node, or the lane of a long edge in one layer.
pub(super) struct Vertex {
    pub(super) width: i64,
    /// How much it resists being pushed aside by its neighbours.
    pub(super) weight: i64,
    /// What it is linked to in the layer above, with the strength of the link.
    pub(super) above: Vec<(usize, i64)>,
    /// What it is linked to in the layer below.
    pub(super) below: Vec<(usize, i64)>,
}

/// Vertices in layers, each layer from left to right; every link joins neighbouring layers.
pub(super) struct Layered {
    pub(super) vertices: Vec<Vertex>,
    pub(super) layers: Vec<Vec<usize>>,
}

/// The layers, and for each edge its lanes with their layers.
pub(super) fn layered(nodes: &Nodes<'_>) -> (Layered, Vec<Vec<(usize, usize)>>) {
    let deepest = nodes.levels.iter().max().map_or(0, |deepest| deepest + 1);
    let vertex = |width: i64, weight: i64| Vertex { width, weight, above: Vec::new(), below: Vec::new() };
    let mut graph = Layered {
        vertices: nodes.sizes.iter().map(|(width, _)| vertex(*width, NODE)).collect(),
        layers: vec![Vec::new(); deepest],
    };
    for (node, level) in nodes.levels.iter().enumerate() {
        graph.join(node, *level);
    }
    let level = |node: usize| nodes.levels.get(node).copied().unwrap_or_default();
    let mut chains = Vec::with_capacity(nodes.edges.len());
    for (from, to, pull) in nodes.edges {
        let mut chain = Vec::new();
        let mut last = *from;
        for layer in level(*from) + 1..level(*to) {
            let lane = graph.vertices.len();
            graph.vertices.push(vertex(LANE, *pull));
            graph.join(lane, layer);
            // A long edge is to be straight rather than short.
            graph.link(last, lane, if chain.is_empty() { *pull } else { pull * 8 });
            chain.push((lane, layer));
            last = lane;
        }
        graph.link(last, *to, *pull);
        chains.push(chain);
    }
    (graph, chains)
}

impl Layered {
    fn join(&mut self, vertex: usize, layer: usize) {
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.push(vertex);
        }
    }

    fn link(&mut self, upper: usize, lower: usize, pull: i64) {
        if let Some(vertex) = self.vertices.get_mut(upper) {
            vertex.below.push((lower, pull));
        }
        if let Some(vertex) = self.vertices.get_mut(lower) {
            vertex.above.push((upper, pull));
        }
    }
}
