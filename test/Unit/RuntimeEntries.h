/* Part of symc, under the Apache License v2.0 with LLVM Exceptions. */
/* The runtime's functions in the order of symc_model, for the hand-written models of the tests. */
#ifndef SYMC_TEST_UNIT_RUNTIMEENTRIES_H
#define SYMC_TEST_UNIT_RUNTIMEENTRIES_H

#define SYMC_RUNTIME_ENTRIES                                                                                           \
  symc_rt_create, symc_rt_destroy, symc_rt_error, symc_rt_initialize, symc_rt_load_parameters,                         \
      symc_rt_load_parameters_subset, symc_rt_save_parameters, symc_rt_save_state, symc_rt_load_state,                 \
      symc_rt_parameter, symc_rt_reserve, symc_rt_share_parameters, symc_rt_step, symc_rt_call, symc_rt_output_shape,  \
      symc_rt_plan, symc_rt_reset, NULL

#endif
