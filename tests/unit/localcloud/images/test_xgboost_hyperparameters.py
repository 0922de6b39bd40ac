"""The built-in algorithm's hyperparameters."""

import pytest
from hyperparameters import UserError, validated

GOOD = {"num_round": "10", "objective": "multi:softmax", "num_class": "4", "eval_metric": "mlogloss,merror"}


def test_strings_become_what_xgboost_takes():
    """Numbers are parsed, lists split, aliases resolved."""
    values = validated(GOOD | {"learning_rate": "0.3"})
    assert values["num_round"] == 10
    assert values["eta"] == 0.3
    assert values["eval_metric"] == ["mlogloss", "merror"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_rounds": "5"}, "Extraneous hyperparameter found: num_rounds"),
        ({"num_round": "ten"}, "Hyperparameter num_round: could not parse value"),
        ({"num_round": "0"}, r"Hyperparameter num_round: 0 is not in \[1"),
        ({"eta": "1.5"}, r"Hyperparameter eta: 1.5 is not in \[0"),
        ({"booster": "tree"}, "Hyperparameter booster: tree is not in"),
        ({"eval_metric": "mlogloss,fun"}, "Hyperparameter eval_metric: value"),
        ({"eval_metric": "auc"}, "Metric 'auc' can only be applied for classification and ranking"),
        ({"eval_metric": "aft-nloglik"}, "Metric 'aft-nloglik' can only be applied for 'survival:aft'"),
        ({"eval_metric": "ndcg@x"}, "Threshold value 't' in 'ndcg@t' expects float input"),
        ({"eval_metric": "rmse@2"}, "Metric 'rmse@2' is not supported"),
        ({"eval_metric": "merror, mlogloss"}, "Hyperparameter eval_metric: value"),
        ({"monotone_constraints": "(1,0)"}, "monotone_constraints can be used only when the tree_method"),
        ({"monotone_constraints": "(1,2)", "tree_method": "hist"}, r"value 2 not in range \[-1, 0, 1\]"),
        ({"interaction_constraints": "[[0,1]]", "tree_method": "hist"}, r"value 0 not in range \[1, \+inf\)"),
        ({"updater": "grow_colmaker,grow_histmaker"}, "Only one tree grow plugin can be selected"),
        ({"_tuning_objective_metric": "train:mlogloss"}, r"train:mlogloss is not in \[validation:auc"),
        ({"_kfold": "1"}, r"Hyperparameter _kfold: 1 is not in \[2, \+inf\)"),
        ({"use_dask_gpu_training": "true"}, "unsuitable for Dask GPU training were found"),
        ({"updater": "grow_quantile_histmaker"}, "Hyperparameter updater: value .* not in range"),
        ({"updater": "shotgun"}, "Tree updater should be selected from these options"),
        ({"updater": "prune", "booster": "gblinear"}, "Linear updater should be one of these options: shotgun"),
        ({"updater": "sync", "process_type": "update"}, "can only be used with updater 'refresh' and 'prune'"),
    ],
)
def test_a_wrong_one_is_named_with_its_value(changes, message):
    """Unknown names, unparsable values and values out of range are the user's fault, in the algorithm's words."""
    with pytest.raises(UserError, match=message):
        validated(GOOD | changes)


def test_the_number_of_rounds_is_required():
    """num_round has no default."""
    with pytest.raises(UserError, match="Missing required hyperparameter: num_round"):
        validated({"objective": "reg:squarederror"})


def test_multiclass_needs_the_number_of_classes():
    """With another objective the number is left to XGBoost, as the container leaves it."""
    with pytest.raises(UserError, match="Require input for parameter 'num_class'"):
        validated({"num_round": "1", "objective": "multi:softmax"})
    assert validated({"num_round": "1", "objective": "binary:logistic", "num_class": "2"})["num_class"] == 2


def test_metrics_need_an_objective():
    """The container asks for it as if it had to be there."""
    with pytest.raises(KeyError, match="objective"):
        validated({"num_round": "1", "eval_metric": "rmse"})


def test_what_is_the_containers_own_is_taken():
    """Metrics beside XGBoost's, cross validation, and a GPU that is not asked for."""
    values = validated(
        GOOD
        | {"eval_metric": "f1,ndcg@3", "_tuning_objective_metric": "validation:balanced_accuracy"}
        | {"_kfold": "3", "_num_cv_round": "2", "use_dask_gpu_training": "false", "prob_buffer_row": "2"}
    )
    assert (values["eval_metric"], values["_kfold"]) == (["f1", "ndcg@3"], 3)
    assert validated(GOOD | {"booster": "gblinear", "updater": "coord_descent"})["updater"] == ["coord_descent"]


def test_constraints_that_xgboost_takes_are_taken():
    """With the method that knows them."""
    constraints = {"monotone_constraints": "(1,-1,0)", "interaction_constraints": "[[1,2],[3]]", "tree_method": "hist"}
    assert validated(GOOD | constraints)["monotone_constraints"] == "(1,-1,0)"
    assert validated(GOOD | {"_tuning_objective_metric": "validation:merror", "updater": "grow_colmaker,prune"})
