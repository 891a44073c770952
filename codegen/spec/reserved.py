"""Names that a neuron, parameter or formula may not have in any framework.

Attributes of the base classes (`torch.nn.Module`, `keras.Layer`, `tf.Module`,
`flax.linen.Module`, `flax.nnx.Module`: read off the installed versions), and names that every
generated layer uses itself. A parameter of such a name would hide them.
"""

import keyword

_NAMES = """
T_destination activation activity_regularizer add_loss add_metric add_module add_variable
add_weight apply autocast bfloat16 bind buffers build build_from_config built call
call_signature_parameters call_super_init children clone compile compute_dtype compute_mask
compute_output_shape compute_output_spec copy count_params cpu cuda device double dtype
dtype_policy dump_patches eval extra_repr features float forward from_config get_buffer
get_build_config get_config get_extra_state get_parameter get_submodule get_variable
get_weights grad half has_rng has_variable in_features init init_with_output input
input_dtype input_spec inputs ipu is_initializing is_mutable_collection iter_children
iter_modules kernel kernel_constraint kernel_init kernel_initializer kernel_regularizer
lazy_init load_own_variables load_state_dict lora_alpha lora_enabled lora_rank losses
make_rng math metrics metrics_variables module_paths modules mtia name name_scope
named_buffers named_children named_modules named_parameters nn non_trainable_variables
non_trainable_weights out_features output param param_dtype parameters path perturb
precision put_variable quantization_config quantization_mode quantize quantized_build
quantized_call register_backward_hook register_buffer register_forward_hook
register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
register_parameter register_state_dict_post_hook register_state_dict_pre_hook
rematerialized_call requires_grad_ response rngs rows save_own_variables scratch seed
set_attributes set_extra_state set_submodule set_weights setup share_memory sow state_dict
stateless_call submodules supports_jit supports_masking symbolic_call tabulate to to_empty
torch train trainable trainable_variables trainable_weights training type unbind units
use_bias variable variable_dtype variables weight weights with_name_scope x xpu zero_grad
"""

RESERVED = frozenset(_NAMES.split())


def why_reserved(name: str) -> str | None:
    """Why `name` cannot be used, or None if it can."""
    if not (name.isascii() and name.isidentifier()):
        return "is not a plain identifier"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "is a keyword of Python"
    if name.startswith("_"):
        return "starts with an underscore"
    if name in RESERVED:
        return "is an attribute of a framework's layers"
    return None
